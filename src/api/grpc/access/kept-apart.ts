import type { Message } from "@bufbuild/protobuf";
import { assert, Fault } from "#model";
import type { FaultCode } from "#model";
import type { Principal } from "../../identity/principal.ts";
import type { CallContext } from "../call-context.ts";
import { invalidRequest } from "../checks.ts";
import type { AnyImplementation, ErasedBidi, ErasedStream, ErasedUnary, MountedService } from "../service.ts";
import { AUTHORIZATION } from "./authorization-table.ts";
import { isOf, ownPrefix } from "./own-things.ts";
import type { ErasedRule, Keeping, Thing } from "./rule.ts";

/** What services are kept with. */
export interface KeptOptions {
  /** A fresh id, for what a tenant makes without naming it. */
  readonly newId: () => string;
  /** Told of whoever asks under another's name, or for what is not his. Must not throw. */
  readonly onDenied?: (principal: Principal, path: string, detail: string) => void;
  /** Default {@link AUTHORIZATION}. */
  readonly table?: ReadonlyMap<string, ErasedRule>;
}

/**
 * The same service, whose methods are given requests that say who really calls, and name only what is his. It stands between the
 * wire and every implementation, so none of them can forget it.
 */
export function keptApart(mounted: MountedService, options: KeptOptions): MountedService {
  const { table = AUTHORIZATION } = options;
  const implementation: Record<string, AnyImplementation> = {};
  for (const method of mounted.service.methods) {
    const run = mounted.implementation[method.localName];
    const path = `/${mounted.service.typeName}/${method.name}`;
    const rule = table.get(path);
    if (run === undefined) continue; // the adapter says so
    const check: Check =
      rule === undefined
        ? refuseAll // and the server does not start with such a one
        : (request, context) => admitted(request, { principal: context.principal, path, rule, options });
    implementation[method.localName] = checked(method.methodKind, run, check);
  }
  return { ...mounted, implementation };
}

type Check = (request: Message, context: CallContext) => void;

function refuseAll(): never {
  throw new Fault("PERMISSION_DENIED", "Nobody has said who may call this method.");
}

function checked(kind: string, run: AnyImplementation, check: Check): AnyImplementation {
  if (kind === "unary") {
    const unary = run as ErasedUnary; // the descriptor says unary
    // Not async: what is thrown here is answered as what an implementation throws.
    return (request: Message, context: CallContext) => {
      if (context.principal.proven !== undefined) check(request, context);
      return unary(request, context);
    };
  }
  if (kind === "bidi_streaming") {
    const bidi = run as ErasedBidi; // the descriptor says bidirectional
    return (requests: AsyncIterable<Message>, context: CallContext) =>
      bidi(eachChecked(requests, context, check), context);
  }
  const stream = run as ErasedStream; // the descriptor says server streaming
  return (request: Message, context: CallContext) => {
    if (context.principal.proven !== undefined) check(request, context);
    return stream(request, context);
  };
}

async function* eachChecked(
  requests: AsyncIterable<Message>,
  context: CallContext,
  check: Check,
): AsyncGenerator<Message, void, void> {
  for await (const request of requests) {
    if (context.principal.proven !== undefined) check(request, context);
    yield request;
  }
}

interface Admitting {
  readonly principal: Principal;
  readonly path: string;
  readonly rule: ErasedRule;
  readonly options: KeptOptions;
}

/** @throws {Fault} PERMISSION_DENIED, INVALID_REQUEST, or what is thrown for an id that nothing has */
function admitted(request: Message, { principal, path, rule: { keeps, actor }, options }: Admitting): void {
  const tenant = principal.proven?.tenant;
  try {
    if (tenant !== undefined) keep(request, keeps, { tenant, newId: options.newId });
    actor?.(request, (asked) => nameOfCaller(principal.name, asked));
  } catch (error) {
    if (error instanceof Fault) options.onDenied?.(principal, path, error.message);
    throw error;
  }
}

function nameOfCaller(name: string, asked: string): string {
  if (asked === "" || asked === name) return name;
  const text = `The credential of the call is that of ${name}, and the request says ${JSON.stringify(asked.slice(0, 64))}: leave the name away.`;
  throw new Fault("PERMISSION_DENIED", text);
}

interface Owner {
  readonly tenant: string;
  readonly newId: () => string;
}

function keep(request: Message, keeps: Keeping<Message>, { tenant, newId }: Owner): void {
  if (keeps === "lists" || keeps === "shared") return;
  assert(keeps !== "closed", "what is closed to tenants is refused before its request is read");
  if ("makes" in keeps) {
    keeps.made(request, (id) => (id === "" ? ownPrefix(tenant) + newId() : ownId(tenant, id)));
    return;
  }
  const id = keeps.id(request);
  if (id !== "" && !isOf(tenant, id)) throw unknown(keeps.names, id);
}

/** It does not say whether such an id is taken elsewhere: by its form it is none of the caller's. */
function ownId(tenant: string, id: string): string {
  if (isOf(tenant, id)) return id;
  const description = `begins otherwise than with "${ownPrefix(tenant)}", as all ids of tenant ${tenant} do`;
  throw invalidRequest([{ field: "id", description }]);
}

const UNKNOWN: Readonly<Record<Thing, FaultCode>> = {
  run: "RUN_NOT_FOUND",
  job: "RUN_NOT_FOUND",
  contract: "CONTRACT_NOT_FOUND",
  work: "RUN_NOT_FOUND",
};

/** What is said of an id that nothing has. It is said without a look at what there is, so it can tell nothing of it. */
function unknown(thing: Thing, id: string): Fault {
  return new Fault(UNKNOWN[thing], `There is no ${thing} ${id.slice(0, 128)}.`);
}
