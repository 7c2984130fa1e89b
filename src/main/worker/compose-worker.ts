import { randomBytes, randomUUIDv7 } from "node:crypto";
import type { StepType } from "#effects";
import { DisclosureFiles, makeDirectory } from "#evidence";
import { createProcessObserver } from "#health";
import { Fault } from "#model";
import { JobWorker, RosterBeat } from "#worker";
import { configuredSecrets, redactedLog } from "../configured-secrets.ts";
import { withoutSecrets } from "../configured-step-types.ts";
import type { LoadedConfiguration } from "../load-configuration.ts";
import type { EventLog } from "../log-events.ts";
import { openPostgresStore } from "../postgres-store.ts";
import { initProviders, registerProviders } from "../register-providers.ts";
import { openStepQueue } from "../step-queue.ts";
import { claimStoreKind, requireStoreKind } from "../store-kind.ts";
import { systemClock } from "../system-clock.ts";
import { logWorker, tellRoster } from "./worker-log.ts";
import { openWorkerRoster } from "./worker-roster.ts";

/** What a worker is started with beside its configuration. */
export interface WorkerParts {
  readonly log: EventLog;
  /** The step types that it performs; absent = all that the configuration offers. */
  readonly capabilities?: readonly string[] | undefined;
  /** For the record. */
  readonly name: string;
  readonly concurrency: number;
  /** Step types that no configuration offers, such as those of a test. */
  readonly stepTypes?: readonly StepType[];
}

/** A worker that takes jobs. */
export interface RunningWorker {
  readonly capabilities: readonly string[];
  /** Aborts when the store takes no more records; its reason is why. */
  readonly halted: AbortSignal;
  /** Takes nothing more, waits for what runs, gives all claims back, and frees everything. */
  stop(): Promise<void>;
}

/** Looks into the store within one lease. */
const LOOKS_PER_LEASE = 2;

/**
 * Puts a worker together and starts it. What it is made of reaches neither governance nor orchestration nor the server, and it opens
 * no signing key.
 * @throws {Fault} INVALID_CONFIGURATION; STATE_LOCKED; STORE_UNAVAILABLE: then nothing is left open.
 */
export async function composeWorker(configuration: LoadedConfiguration, parts: WorkerParts): Promise<RunningWorker> {
  await using resources = new AsyncDisposableStack();
  const { state } = configuration;
  const { name, concurrency } = parts;
  const leaseMs = leaseOf(configuration);
  const secrets = configuredSecrets(configuration);
  const log = redactedLog(parts.log, secrets);
  for (const { field, description } of secrets?.absent ?? []) log("secret.absent", { field, description });
  const providers = await registerProviders(configuration, { given: parts.stepTypes ?? [], secrets, log, resources });
  makeDirectory(state);
  requireStoreKind(state, configuration.store);
  const halted = new AbortController();
  const current: { worker?: JobWorker } = {};
  const store = openPostgresStore(configuration, {
    log,
    newEventId: randomUUIDv7,
    onHalt: (why) => halted.abort(why),
    onFenced: (runIds) => current.worker?.fenced(runIds),
    onFree: (_runIds, hands) => void (hands === "worker" && current.worker?.lookNow()),
    onStopAsked: (runId, cancellation) => current.worker?.stopAsked(runId, cancellation),
  });
  resources.defer(() => store.close());
  claimStoreKind(state, configuration.store);
  await store.waiting(); // what is wrong with the place is said now
  const queue = await openStepQueue(configuration);
  resources.defer(() => queue.close());
  const stepTypes = withoutSecrets(await initProviders(providers, { ofPlatform: [], resources }), secrets);
  const serves = servedOf(stepTypes, parts.capabilities);
  const files = new DisclosureFiles(state);
  const health = resources.use(createProcessObserver({ directory: state, clock: systemClock }));
  const worker = new JobWorker({
    store,
    queue,
    serves,
    name,
    clock: systemClock,
    health,
    disclosures: {
      keep: (...kept) => files.keep(...kept),
      newSalt: () => randomBytes(16).toString("base64url"),
    },
    concurrency,
    lookEveryMs: leaseMs / LOOKS_PER_LEASE,
    onNews: (news) => logWorker(news, log),
  });
  current.worker = worker;
  const roster = await openWorkerRoster(configuration);
  resources.defer(() => roster.close());
  const capabilities = serves.map(({ name: capability }) => capability);
  const beat = new RosterBeat({
    roster,
    clock: systemClock,
    leaseMs,
    entry: () => ({ name, serves: capabilities, concurrency, busy: worker.busy }),
    onAway: (error) => tellRoster(error, log),
  });
  const graceMs = configuration.drain_seconds * 1000;
  resources.defer(async () => {
    await Promise.all([beat.close(), worker.drain({ graceMs })]);
  });
  worker.start();
  beat.start();
  const open = resources.move();
  return {
    capabilities,
    halted: halted.signal,
    stop: () => open.disposeAsync(),
  };
}

/** How long a claim holds, in milliseconds. @throws {Fault} INVALID_CONFIGURATION if nobody could hand a job to a worker. */
export function leaseOf({ postgres, workers }: LoadedConfiguration): number {
  if (postgres !== undefined && workers !== undefined) return postgres.lease_seconds * 1000;
  const missing = workers === undefined ? "`workers`" : "`postgres`";
  throw new Fault(
    "INVALID_CONFIGURATION",
    `A worker takes jobs out of a store that several processes share, and the configuration has no ${missing}: say store: postgres, and workers: {} as for the server.`,
  );
}

/** @throws {Fault} INVALID_CONFIGURATION that names each capability that there is not, and those that there are. */
function servedOf(offered: readonly StepType[], asked: readonly string[] | undefined): readonly StepType[] {
  const sorted = offered.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const names = sorted.map(({ name }) => name);
  const unknown = (asked ?? []).filter((name) => !names.includes(name));
  const there = names.length === 0 ? "it offers none; see the key `steps`" : `it offers ${names.join(", ")}`;
  if (unknown.length > 0 || names.length === 0)
    throw new Fault(
      "INVALID_CONFIGURATION",
      unknown.length === 0
        ? `The configuration offers no step type, so there is nothing that a worker could perform; see the key \`steps\`.`
        : `The configuration offers no step type ${unknown.join(", ")}: ${there}.`,
      {
        violations: unknown.map((name) => ({
          field: "capabilities",
          description: `has ${name}, which is not offered here`,
        })),
      },
    );
  return asked === undefined ? sorted : sorted.filter(({ name }) => asked.includes(name));
}
