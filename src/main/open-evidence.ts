import { randomUUIDv7 } from "node:crypto";
import { join } from "node:path";
import { createJsonlStore, createMemoryStore, createSqliteStore, LogMirror, Sealer } from "#evidence";
import type { EvidenceStore, LogStoreOptions, Signer } from "#evidence";
import { isAttemptLog } from "#orchestration";
import { recover } from "./driven-here.ts";
import type { DrivenHere } from "./driven-here.ts";
import { guardDisk } from "./guard-disk.ts";
import { openHandedJobs } from "./handed-jobs.ts";
import { HistoryOfRuns } from "./history.ts";
import { LedgerOfRuns } from "./ledger.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { NotificationsOfRuns } from "./notifications.ts";
import { openMetrics } from "./open-metrics.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { openSigner } from "./signer.ts";
import { claimStoreKind } from "./store-kind.ts";
import { systemClock } from "./system-clock.ts";
import type { TakeOvers } from "./take-overs.ts";

/** What is made after those who need it. */
export interface Later<T> {
  current?: T;
}

/** What the evidence is opened with. */
export interface EvidenceContext {
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
  readonly setServing: (serving: boolean) => void;
  /** What takes over runs, once it is there. */
  readonly takeOvers: Later<TakeOvers>;
  readonly driven: DrivenHere;
}

/** Opens the store with all that is told of what it keeps, and says in it what a process before this one has left. */
export async function openEvidence(
  configuration: LoadedConfiguration,
  { resources, log, setServing, takeOvers, driven }: EvidenceContext,
) {
  const sealing: Later<Sealer> = {};
  const onHalt = (why: string): void => {
    log("store.halted", { why });
    setServing(false);
  };
  const metrics = await openMetrics(configuration, { resources, log });
  const [ledger, history, notifications] = [new LedgerOfRuns(), new HistoryOfRuns(), new NotificationsOfRuns()];
  const disk = guardDisk(configuration, { log, setServing });
  if (disk !== undefined) resources.defer(() => disk.close());
  const signer = await openSigner(configuration);
  const onEnded = (runId: string): void => sealing.current?.sealSoon(runId);
  const told = { ledger, history, notifications, metrics };
  const store = await openStore(configuration, { resources, log, onHalt, onEnded, takeOvers, ...told });
  claimStoreKind(configuration.state, configuration.store);
  await ledger.open(configuration, store, { signer, log, onHalt: () => setServing(false) });
  resources.use(ledger);
  await history.open(configuration, { store, resources, log });
  disk?.start();
  const handed = await openHandedJobs(configuration, { store, history, onEnded, resources, log });
  const recovered = await recover(store, { ...driven, handed, log });
  const sealer = await startSealing(configuration, { store, signer, resources, log, ledger });
  sealing.current = sealer;
  return { store, signer, disk, metrics, history, notifications, sealer, handed, recovered, onHalt };
}

interface StoreContext {
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
  readonly onHalt: (why: string) => void;
  readonly ledger: LedgerOfRuns;
  readonly history: HistoryOfRuns;
  readonly notifications: NotificationsOfRuns;
  readonly metrics: ServerMetrics | undefined;
  /** Told of each run whose log has ended. */
  readonly onEnded: (runId: string) => void;
  /** Told of runs that another process has taken over, or has given up. */
  readonly takeOvers: Readonly<Later<TakeOvers>>;
}

async function openStore(configuration: LoadedConfiguration, context: StoreContext): Promise<EvidenceStore> {
  const { state, mirror } = configuration;
  const { resources, log, onHalt, onEnded, takeOvers, ledger, history, notifications, metrics } = context;
  const onCommit: LogStoreOptions["onCommit"] = (all) => {
    const appends = all.filter(({ runId }) => !isAttemptLog(runId)); // what they say stands in the logs of their runs
    ledger.take(appends);
    history.take(appends);
    notifications.take(appends);
    metrics?.onCommit(appends);
    for (const { runId, records } of appends) if (records.at(-1)?.record.event_type === "run.completed") onEnded(runId);
  };
  const onDamage: LogStoreOptions["onDamage"] = (damage) => tellDamage(damage, log);
  const options: LogStoreOptions = {
    newEventId: randomUUIDv7,
    clock: systemClock,
    onHalt,
    onFenced: (runIds) => takeOvers.current?.abandon(runIds),
    onFree: (_runIds, hands) => (hands === "driver" ? takeOvers.current?.look() : undefined),
    onCommit,
    onDamage,
    guardNewRun: ledger.guard,
    ...(metrics !== undefined && { watch: metrics.commitWatch }),
  };
  if (configuration.store === "memory") return resources.adopt(createMemoryStore(options), (store) => store.close());
  if (configuration.store === "jsonl")
    return resources.adopt(createJsonlStore(state, options), (store) => store.close());
  const make = (given: LogStoreOptions): EvidenceStore =>
    configuration.store === "postgres"
      ? openPostgresStore(configuration, { ...given, log })
      : createSqliteStore(state, given);
  if (!mirror) return resources.adopt(make(options), (store) => store.close());
  const onProblem = (runId: string, error: string): void => log("mirror.failed", { run_id: runId, error });
  const copies = new LogMirror({ directory: state, clock: systemClock, onProblem });
  const store: EvidenceStore = make({
    ...options,
    onCommit: (appends) => {
      onCommit(appends);
      copies.take(appends.filter(({ runId }) => !isAttemptLog(runId)));
      if (copies.markDue) copies.mark(store).catch((error: unknown) => onProblem("", describe(error)));
    },
  });
  resources.defer(async () => {
    await copies.close();
    // A mark that is missing lets the next start look further back, no more: nothing else must fail for it.
    await copies.mark(store).catch((error: unknown) => onProblem("", describe(error)));
    await store.close();
  });
  await copies.mend(store);
  return store;
}

function tellDamage(damage: Parameters<NonNullable<LogStoreOptions["onDamage"]>>[0], log: EventLog): void {
  if (damage.kind === "torn") log("log.torn", { run_id: damage.runId, ...damage.tail });
  else log("log.broken", { run_id: damage.runId, line: damage.line });
}

interface SealingContext {
  readonly store: EvidenceStore;
  readonly signer: Signer;
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
  readonly ledger: LedgerOfRuns;
}

/** Seals what ends from now on, and what has ended without: a process may die before its last seal. */
async function startSealing({ state, store: kind }: LoadedConfiguration, context: SealingContext): Promise<Sealer> {
  const { store, signer, resources, log, ledger } = context;
  const sealer = new Sealer({
    store,
    signer,
    ...(kind !== "memory" && { directory: join(state, "runs") }),
    onProblem: (runId, error) => log("seal.failed", { run_id: runId, error: describe(error) }),
    onSealed: ledger.takeSeal,
  });
  resources.adopt(sealer, (open) => open.close());
  for (const runId of await sealer.mend()) log("run.sealed", { run_id: runId });
  await ledger.mendSeals(sealer, store);
  return sealer;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
