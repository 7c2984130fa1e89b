import { randomUUIDv7 } from "node:crypto";
import { join } from "node:path";
import { createToken, startGrpcServer } from "#api";
import type { Denial, GrpcServer, ServerTls } from "#api";
import type { StepType } from "#effects";
import { createJsonlStore, createMemoryStore, createSqliteStore, LogMirror, makeDirectory, Sealer } from "#evidence";
import type { EvidenceStore, LogStoreOptions, Signer } from "#evidence";
import { isAttemptLog, recoverRuns } from "#orchestration";
import type { ContractKeeper, DiskGuard, JobRunner, RecoveredRuns, RunRunner, Scheduler } from "#orchestration";
import { Fault, LIMITS } from "#model";
import { configuredSecrets, redactedLog } from "./configured-secrets.ts";
import { withoutSecrets } from "./configured-step-types.ts";
import { createContractKeeper, openContractStore, requirePlatform } from "./contracts.ts";
import { DenialsOfServer } from "./denials.ts";
import { guardDisk } from "./guard-disk.ts";
import { openHandedJobs } from "./handed-jobs.ts";
import { HistoryOfRuns } from "./history.ts";
import { openConfiguredIdentities } from "./identities.ts";
import { openHooks } from "./hooks.ts";
import type { RunningHooks } from "./hooks.ts";
import { requireDevelopmentAtHome } from "./development.ts";
import { LedgerOfRuns } from "./ledger.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { NotificationsOfRuns } from "./notifications.ts";
import { resumeInterrupted, tellRecovered } from "./recovered-runs.ts";
import { createRunners } from "./runners.ts";
import { createScheduler, requireSoundPlans } from "./schedules.ts";
import { openPlatform } from "./platform.ts";
import { initProviders, registerProviders } from "./register-providers.ts";
import { sidePortOf } from "./side-port.ts";
import type { SidePortParts } from "./side-port.ts";
import { connectMetrics, openMetrics } from "./open-metrics.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { shortest } from "./running-server.ts";
import { openSigner } from "./signer.ts";
import { claimStoreKind, requireStoreKind } from "./store-kind.ts";
import { systemClock } from "./system-clock.ts";
import { createTakeOvers } from "./take-overs.ts";
import type { TakeOvers } from "./take-overs.ts";
import { openTls, watchTls } from "./tls.ts";
import { versionOfPackage } from "./version-of-package.ts";

/** What a test or a measure may put beside the configuration. */
export interface ComposeOptions {
  readonly log: EventLog;
  /** Step types that no configuration offers, such as no-ops for a measure. */
  readonly stepTypes?: readonly StepType[];
  /** Whether this process drives on runs that it did not start; default true. A command that ends soon does not. */
  readonly drivesOn?: boolean;
}

/** A running Verbatim. */
export interface App extends AsyncDisposable {
  /** Where the gRPC server listens, as a client takes it. */
  readonly address: string;
  /** Where HTTP is served, if it is. */
  readonly httpAddress: string | undefined;
  /** The token that calls over TCP must bring. */
  readonly token: string;
  /** Takes no more jobs, starts nothing more, and waits for what runs. Calls are still answered. Safe to call twice. */
  drain(): Promise<void>;
  /**
   * Takes no more jobs, waits for those that run, and frees everything. Safe to call twice. Resolves with why the store had
   * halted, if it had.
   */
  stop(): Promise<string | undefined>;
}

/**
 * Puts everything together and starts it: the only place that names adapters. Resolves when calls are taken.
 * @throws {Fault} if the state directory is in use, or the configuration cannot be carried out; then nothing is left open.
 */
export async function compose(configuration: LoadedConfiguration, options: ComposeOptions): Promise<App> {
  try {
    return await start(configuration, options);
  } catch (error) {
    throw unusableState(error, configuration.state) ?? error;
  }
}

/** The fault for what the system or the database says of the state directory; undefined for anything else. */
function unusableState(error: unknown, state: string): Fault | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!(error instanceof Error) || error instanceof Fault || !/^(E[A-Z]+|ERR_SQLITE_ERROR)$/.test(code))
    return undefined;
  const text = `The state directory ${state} cannot be used: ${error.message}. Make room, or mend the disk or its permissions, and start again; nothing that was told is lost by it.`;
  return new Fault("STORE_HALTED", text, { cause: error });
}

async function start(configuration: LoadedConfiguration, options: ComposeOptions): Promise<App> {
  await using resources = new AsyncDisposableStack();
  const { state } = configuration;
  const secrets = configuredSecrets(configuration);
  const log = redactedLog(options.log, secrets);
  for (const { field, description } of secrets?.absent ?? []) log("secret.absent", { field, description });
  const tls = openTls(configuration, { resources, log });
  const providers = await registerProviders(configuration, { given: options.stepTypes ?? [], secrets, log, resources });
  makeDirectory(state);
  requireStoreKind(state, configuration.store);
  requirePlatform(configuration);
  const server: { current?: GrpcServer } = {};
  const setServing = (serving: boolean): void => server.current?.setServing(serving);
  const takeOvers: { current?: TakeOvers } = {};
  const onFenced = (runIds: readonly string[]): void => takeOvers.current?.abandon(runIds);
  const evidence = await openEvidence(configuration, { resources, log, setServing, onFenced });
  const { store, signer, disk, metrics, history, notifications, sealer, handed, recovered, onHalt } = evidence;
  const { health, stepTypes: ofPlatform, served } = openPlatform(configuration, resources);
  const stepTypes = withoutSecrets(await initProviders(providers, { ofPlatform, resources }), secrets);
  const drivesOn = options.drivesOn ?? true;
  const contractStore = served.platform && openContractStore(configuration, { resources, onHalt });
  const { runner, runs } = createRunners(
    { store, contractStore, stepTypes, health, signer, handed, disk, log, drivesOn },
    configuration,
  );
  takeOvers.current = resources.use(createTakeOvers(configuration, { store, runner, runs, handed, log }));
  const contracts = contractStore && createContractKeeper(configuration, { contractStore, store, served, runner, log });
  if (drivesOn) requireSoundPlans(configuration, runs);
  const schedules = createScheduler(configuration, { store, runs, log });
  await notifications.open({ store, runner, log, looksBack: drivesOn });
  const hooks = await openHooks(configuration, { runner, resources, log, disk, onNews: metrics?.onWork });
  const place = await whereToServe(configuration, { hooks, metrics, log, tls, resources });
  server.current = await startGrpcServer({
    ...place,
    runner,
    runs,
    history,
    schedules,
    store,
    ...served,
    ...(contracts && contractStore && { contracts: { keeper: contracts, store: contractStore } }),
    ...(hooks !== undefined && { hooks: hooks.part }),
    sealer,
    signer,
  });
  connectMetrics(metrics, { server: server.current, hooks, stepTypes, store, contractStore });
  watchTls(configuration, { tls, server: server.current, resources, log });
  if (disk?.full === true) server.current.setServing(false);
  if (drivesOn) await driveOn({ recovered, runs, contracts, schedules, hooks, log, takeOvers: takeOvers.current });
  const parts = { runner, runs, schedules, contracts, hooks, store, disk, notifications, configuration };
  return runningApp({ ...parts, token: place.token, server: server.current, resources: resources.move() });
}

interface EvidenceContext {
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
  readonly setServing: (serving: boolean) => void;
  /** Told of runs that another process has taken over. */
  readonly onFenced: (runIds: readonly string[]) => void;
}

/** Opens the store with all that is told of what it keeps, and says in it what a process before this one has left. */
async function openEvidence(
  configuration: LoadedConfiguration,
  { resources, log, setServing, onFenced }: EvidenceContext,
) {
  const sealing: { current?: Sealer } = {};
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
  const store = await openStore(configuration, { resources, log, onHalt, onEnded, onFenced, ...told });
  claimStoreKind(configuration.state, configuration.store);
  await ledger.open(configuration, store, { signer, log, onHalt: () => setServing(false) });
  resources.use(ledger);
  await history.open(configuration, { store, resources, log });
  disk?.start();
  const handed = await openHandedJobs(configuration, { store, history, onEnded, resources, log });
  const recovered = await recoverRuns(store, systemClock, handed);
  tellRecovered(recovered, log);
  const sealer = await startSealing(configuration, { store, signer, resources, log, ledger });
  sealing.current = sealer;
  return { store, signer, disk, metrics, history, notifications, sealer, handed, recovered, onHalt };
}

interface Driven extends Pick<Running, "runs" | "contracts" | "schedules" | "hooks"> {
  readonly recovered: RecoveredRuns;
  readonly takeOvers: TakeOvers;
  readonly log: EventLog;
}

/** Goes on with what was begun before, and begins what comes by itself. */
async function driveOn({ recovered, takeOvers, runs, contracts, schedules, hooks, log }: Driven): Promise<void> {
  await resumeInterrupted(recovered, runs, log);
  takeOvers.start();
  await contracts?.start();
  await schedules.start();
  hooks?.start();
}

async function whereToServe(
  configuration: LoadedConfiguration,
  parts: SidePortParts & { readonly tls: ServerTls | undefined; readonly resources: AsyncDisposableStack },
) {
  const { log, tls, resources } = parts;
  const denials = resources.use(new DenialsOfServer(configuration, log));
  requireDevelopmentAtHome(configuration, log);
  const token = await createToken(configuration.state);
  return {
    ...sidePortOf(configuration, parts),
    token,
    identities: await openConfiguredIdentities(configuration, { token, log }),
    address: configuration.listen ?? `unix:${shortest(join(configuration.state, "verbatim.sock"))}`,
    about: { version: versionOfPackage(), store: configuration.store, governance: configuration.governance },
    clock: systemClock,
    newId: randomUUIDv7,
    onDenied: (denial: Denial) => log("access.denied", { ...denial }),
    onEachDenial: (denial: Omit<Denial, "count">) => denials.note(denial),
    denials: denials.reader,
    noToken: configuration.no_token,
    insecure: configuration.insecure,
    ...(tls !== undefined && { tls }),
    reflection: configuration.reflection,
    limits: { calls: LIMITS.calls + configuration.active_jobs },
    ...(configuration.http !== undefined && { httpAddress: configuration.http.listen }),
    onInternalError: (error: unknown, method: string) => log("internal.error", { method, error: describe(error) }),
  };
}

interface Running {
  readonly server: GrpcServer;
  readonly runner: JobRunner;
  readonly runs: RunRunner;
  readonly schedules: Scheduler;
  readonly contracts: ContractKeeper | undefined;
  readonly hooks: RunningHooks | undefined;
  readonly store: EvidenceStore;
  readonly disk: DiskGuard | undefined;
  readonly token: string;
  readonly notifications: NotificationsOfRuns;
  readonly resources: AsyncDisposableStack;
  readonly configuration: LoadedConfiguration;
}

function runningApp(running: Running): App {
  const {
    server,
    runner,
    runs,
    schedules,
    contracts,
    hooks,
    store,
    disk,
    token,
    notifications,
    resources,
    configuration,
  } = running;
  const graceMs = configuration.drain_seconds * 1000;
  let draining: Promise<unknown> | undefined;
  let stopping: Promise<void> | undefined;
  let halted: string | undefined;
  const drain = async (): Promise<void> => {
    disk?.close(); // room on the disk is no reason to take jobs any more
    server.setServing(false);
    await (draining ??= Promise.all([
      schedules.close(),
      hooks?.drain({ graceMs }),
      runner.drain({ graceMs }),
      runs.drain({ graceMs }),
    ]));
  };
  const shutDown = async (): Promise<void> => {
    await drain();
    await contracts?.close();
    await notifications.drain(runner);
    halted = store.halted;
    await server.drain({ graceMs: DRAIN_STREAMS_MS });
    await resources.disposeAsync();
  };
  const stop = async (): Promise<string | undefined> => {
    await (stopping ??= shutDown());
    return halted;
  };
  return {
    address: server.address,
    httpAddress: server.httpAddress,
    token,
    drain,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/** Streams of ended jobs need only be sent to their end. */
const DRAIN_STREAMS_MS = 5000;

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
  /** Told of runs that another process has taken over. */
  readonly onFenced: (runIds: readonly string[]) => void;
}

async function openStore(configuration: LoadedConfiguration, context: StoreContext): Promise<EvidenceStore> {
  const { state, mirror } = configuration;
  const { resources, log, onHalt, onEnded, onFenced, ledger, history, notifications, metrics } = context;
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
    onFenced,
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
