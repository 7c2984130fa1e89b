import type { DescMethod, DescService, Message, MessageShape } from "@bufbuild/protobuf";
import type { Role } from "../../identity/roles.ts";

/** Who may call a method: whoever has one of the roles, or everybody who has proven who he is. */
export type May = readonly Role[] | "whoever is known";

/** A thing that an id names. */
export type Thing = "run" | "job" | "contract" | "work";

/**
 * How a method keeps tenants apart: it names one `thing` of the caller's (`id` tells which), it makes one (`made` gives or sets
 * its id), it `lists`, and lists the caller's own alone; it tells what is `shared` by all; or it keeps nobody apart and is
 * `closed` where there are tenants.
 */
export type Keeping<Request> =
  | { readonly names: Thing; readonly id: (request: Request) => string }
  | { readonly makes: Thing; readonly made: (request: Request, name: (id: string) => string) => void }
  | "lists"
  | "shared"
  | "closed";

/** One row of the table. */
export interface Rule<Request> {
  readonly may: May;
  readonly keeps: Keeping<Request>;
  /** Puts the name of the credential in the place of the one that the request gives. Absent = the request names nobody. */
  readonly actor?: (request: Request, name: (asked: string) => string) => void;
}

/** A row whose request type was compared where the table was written. */
export type ErasedRule = Rule<Message>;

/** One request or many: a rule of a stream of requests is about each of them. */
type RequestOf<M extends DescMethod> = MessageShape<M["input"]>;

/** The rows of one service: the compiler asks for every method. */
export type RulesOf<S extends DescService> = {
  readonly [K in keyof S["method"]]: Rule<RequestOf<S["method"][K]>>;
};

/** The rows of a service by their paths; this is where the compiler compares their types. */
export function rulesOf<S extends DescService>(
  service: S,
  rules: RulesOf<S>,
): readonly (readonly [string, ErasedRule])[] {
  const erased = rules as unknown as Readonly<Record<string, ErasedRule>>; // compared above; looked up by name below
  return service.methods.flatMap((method) => {
    const rule = erased[method.localName];
    return rule === undefined ? [] : [[`/${service.typeName}/${method.name}`, rule] as const];
  });
}
