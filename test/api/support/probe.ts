import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VerbatimClient } from "#api";
import { connectClient } from "#api";
import type { Clock } from "#model";
import { Fault } from "#model";
import { parseAddress } from "../../../src/api/grpc/address.ts";
import type { Principal } from "../../../src/api/grpc/call-context.ts";
import { EvidenceService } from "../../../src/api/gen/verbatim/evidence/v1/evidence_pb.ts";
import { Access } from "../../../src/api/grpc/access/access.ts";
import type { MountedService, ServiceImplementation } from "../../../src/api/grpc/service.ts";
import { mount } from "../../../src/api/grpc/service.ts";
import { startTransport } from "../../../src/api/grpc/transport.ts";
import { CallBudgets } from "../../../src/api/grpc/call-budgets.ts";
import type { CallLimits } from "../../../src/api/grpc/call-budgets.ts";
import type { Transport, TransportLimits } from "../../../src/api/grpc/transport.ts";
import { systemClock } from "./house.ts";

type Methods = ServiceImplementation<typeof EvidenceService>;

/** Where the probe's methods are. */
export const PATHS = {
  readLog: "/verbatim.evidence.v1.EvidenceService/ReadLog",
  verifyRun: "/verbatim.evidence.v1.EvidenceService/VerifyRun",
} as const;

/** The evidence service with behaviours of a test's choosing, on a unix socket. */
export interface Probe extends AsyncDisposable {
  readonly address: string;
  readonly transport: Transport;
  readonly client: VerbatimClient;
  readonly internalErrors: unknown[];
}

/** What a probe is made with, beside its behaviours. */
export interface ProbeOptions {
  readonly authenticate?: (authorization: string | undefined) => Principal;
  readonly limits?: TransportLimits & CallLimits;
  readonly clock?: Clock;
}

function unary(): Promise<never> {
  return Promise.reject(new Fault("UNIMPLEMENTED", "not part of this test"));
}

// eslint-disable-next-line require-yield -- it only fails
async function* stream(): AsyncGenerator<never, void, void> {
  await unary();
}

/** The service that a probe serves; what is not given fails with UNIMPLEMENTED. */
export function probeService(methods: Partial<Methods>): MountedService {
  const none = { readLog: stream, verifyRun: unary, readBlob: stream, getSeal: stream, getPublicKey: unary };
  return mount(EvidenceService, { ...none, listRuns: unary, ...methods });
}

/** Starts a probe. */
export async function startProbe(methods: Partial<Methods>, options: ProbeOptions = {}): Promise<Probe> {
  const directory = await mkdtemp(join(tmpdir(), "verbatim-probe-"));
  const internalErrors: unknown[] = [];
  const transport = await startTransport({
    address: parseAddress(`unix:${join(directory, "socket")}`),
    services: [probeService(methods)],
    clock: systemClock,
    authenticate: () => ({ name: "local" }),
    access: new Access({ clock: systemClock, onDenied: () => undefined }),
    budgets: new CallBudgets(options.clock ?? systemClock, options.limits),
    onInternalError: (error) => internalErrors.push(error),
    ...options,
  });
  const client = connectClient({ address: transport.address });
  return {
    address: transport.address,
    transport,
    client,
    internalErrors,
    async [Symbol.asyncDispose]() {
      client.close();
      await transport.drain({ graceMs: 0 });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** An answer of `verifyRun`. */
export function verified(records: number) {
  return {
    $typeName: "verbatim.evidence.v1.VerifyRunResponse" as const,
    ok: true,
    records: BigInt(records),
    head: "",
    complete: true,
    problems: [],
  };
}

/** An answer of `readLog` with one line of so many bytes. */
export function page(bytes: number) {
  const line = { $typeName: "verbatim.evidence.v1.LogLine" as const, seq: 0n, line: Buffer.alloc(bytes, 65) };
  return { $typeName: "verbatim.evidence.v1.ReadLogResponse" as const, lines: [line] };
}

/** Resolves once the condition holds; fails after five seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited five seconds for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
