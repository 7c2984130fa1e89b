import { randomUUIDv7 } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VerbatimClient, GrpcServer, GrpcServerOptions } from "#api";
import { calledLocally, connectClient, startGrpcServer } from "#api";
import type { StepHandler, StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import { createKeyFileSigner, createMemoryHistory, createMemoryStore, HistoryFeed, Sealer } from "#evidence";
import type { Clock } from "#model";
import type { JobRunner } from "#orchestration";
import { createJobRunner, createRunRunner, Machine } from "#orchestration";

/** The real time, for tests over real sockets. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A step type without parameters to check. */
export function stepType(name: string, execute: StepHandler["execute"]): StepType {
  return { name, handler: { execute }, checkParameters: () => [], parametersSchema: { type: "object" } };
}

/** `test.echo` answers its parameters; `test.fail` fails; `test.wait` runs until it is stopped. */
export const STEP_TYPES: readonly StepType[] = [
  stepType("test.echo", (step) => ({ success: true, output: step.parameters })),
  stepType("test.fail", () => ({ success: false, output: null, error: "it was meant to", errorClass: "permanent" })),
  stepType("test.wait", async (_step, _context, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    return { success: false, output: null, error: "stopped" };
  }),
];

/** A server over a unix socket in a directory of its own, its parts, and a client. */
export interface House extends AsyncDisposable {
  readonly directory: string;
  readonly store: EvidenceStore;
  readonly runner: JobRunner;
  readonly server: GrpcServer;
  readonly client: VerbatimClient;
  /** What the server reported and did not tell its callers. */
  readonly internalErrors: unknown[];
}

/** Starts a house; whatever is given replaces its part. */
export async function startHouse(
  options: Partial<GrpcServerOptions> & { readonly stepTypes?: readonly StepType[] } = {},
): Promise<House> {
  const directory = await mkdtemp(join(tmpdir(), "verbatim-api-"));
  let eventIds = 0;
  const fed: { history?: HistoryFeed } = {};
  const store =
    options.store ??
    createMemoryStore({
      newEventId: () => `event-${(eventIds += 1)}`,
      onCommit: (appends) => fed.history?.take(appends),
    });
  const runner =
    options.runner ??
    createJobRunner({ store, clock: systemClock, stepTypes: options.stepTypes ?? STEP_TYPES, maxActiveJobs: 1000 });
  const runs =
    options.runs ??
    createRunRunner({
      store,
      clock: systemClock,
      machine: new Machine({ store, stepTypes: options.stepTypes ?? STEP_TYPES }),
      newRunId: randomUUIDv7,
      chance: () => 0.5,
      drivesOn: true,
    });
  const internalErrors: unknown[] = [];
  const signer = createKeyFileSigner(join(directory, "keys", "signing.pem"), "ed25519");
  const sealer = new Sealer({ store, signer, onProblem: (_run, error) => internalErrors.push(error) });
  const onProblem = (error: unknown): void => void internalErrors.push(error);
  fed.history = new HistoryFeed({ history: createMemoryHistory(), store, clock: systemClock, onProblem });
  const server = await startGrpcServer({
    history: fed.history,
    sealer,
    signer,
    address: `unix:${join(directory, "socket")}`,
    clock: systemClock,
    onInternalError: (error) => internalErrors.push(error),
    schedules: { list: () => [] },
    ...options,
    store,
    runner,
    runs,
  }).catch(async (refused: unknown) => {
    await rm(directory, { recursive: true });
    throw refused;
  });
  const client = connectClient({
    address: calledLocally(server.address),
    ...(options.token !== undefined && { token: options.token }),
  });
  return {
    directory,
    store,
    runner,
    server,
    client,
    internalErrors,
    async [Symbol.asyncDispose]() {
      client.close();
      await server.drain({ graceMs: 0 });
      await runner.drain({ graceMs: 0 });
      await fed.history?.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A request for a job of these step types. */
export function request(jobId: string, stepTypes: readonly string[]) {
  return {
    jobId,
    contractId: "contract-1",
    executedBy: "tester",
    steps: stepTypes.map((name, stepIndex) => ({
      stepIndex,
      stepType: name,
      target: `target-${stepIndex}`,
      parameters: { n: stepIndex },
    })),
  };
}

/** All that a generator gives. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}
