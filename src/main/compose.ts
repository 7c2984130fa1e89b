import { randomUUIDv7 } from "node:crypto";
import { join } from "node:path";
import { createToken, startGrpcServer } from "#api";
import type { Denial, GrpcServer, ServerTls } from "#api";
import type { StepType } from "#effects";
import { makeDirectory } from "#evidence";
import type { EvidenceStore } from "#evidence";
import type { ContractKeeper, DiskGuard, JobRunner, RecoveredRuns, RunRunner, Scheduler } from "#orchestration";
import { Fault, LIMITS } from "#model";
import { configuredSecrets, redactedLog } from "./configured-secrets.ts";
import { withoutSecrets } from "./configured-step-types.ts";
import { createContractKeeper, openContractStore, requirePlatform } from "./contracts.ts";
import { DenialsOfServer } from "./denials.ts";
import { openConfiguredIdentities } from "./identities.ts";
import { openAcross } from "./across.ts";
import type { Across } from "./across.ts";
import { openHooks } from "./hooks.ts";
import type { RunningHooks } from "./hooks.ts";
import { requireDevelopmentAtHome } from "./development.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import type { NotificationsOfRuns } from "./notifications.ts";
import { openEvidence } from "./open-evidence.ts";
import type { Later } from "./open-evidence.ts";
import { whatIsDriven } from "./driven-here.ts";
import { resumeInterrupted } from "./recovered-runs.ts";
import { createRunners } from "./runners.ts";
import { createScheduler, requireSoundPlans } from "./schedules.ts";
import { openPlatform } from "./platform.ts";
import { initProviders, registerProviders } from "./register-providers.ts";
import { sidePortOf } from "./side-port.ts";
import type { SidePortParts } from "./side-port.ts";
import { connectMetrics } from "./open-metrics.ts";
import { shortest } from "./running-server.ts";
import { requireStoreKind } from "./store-kind.ts";
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
  /** Whether calls are taken; default true. A scheduler takes none. */
  readonly takesCalls?: boolean;
}

/** A running Verbatim. */
export interface App extends AsyncDisposable {
  /** Where the gRPC server listens, as a client takes it; empty if no calls are taken. */
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
  const secrets = configuredSecrets(configuration);
  const log = redactedLog(options.log, secrets);
  for (const { field, description } of secrets?.absent ?? []) log("secret.absent", { field, description });
  const tls = openTls(configuration, { resources, log });
  const providers = await registerProviders(configuration, { given: options.stepTypes ?? [], secrets, log, resources });
  makeDirectory(configuration.state);
  requireStoreKind(configuration.state, configuration.store);
  requirePlatform(configuration);
  const server: Later<GrpcServer> = {};
  const setServing = (serving: boolean): void => server.current?.setServing(serving);
  const takeOvers: Later<TakeOvers> = {};
  const driven = whatIsDriven(configuration, options);
  const evidence = await openEvidence(configuration, { resources, log, setServing, takeOvers, driven });
  const { store, signer, disk, metrics, history, notifications, sealer, handed, recovered, onHalt } = evidence;
  const { health, stepTypes: ofPlatform, served } = openPlatform(configuration, resources);
  const stepTypes = withoutSecrets(await initProviders(providers, { ofPlatform, resources }), secrets);
  const contractStore = served.platform && openContractStore(configuration, { resources, onHalt });
  const { runner, runs } = createRunners(
    { store, contractStore, stepTypes, health, signer, handed, disk, log, ...driven },
    configuration,
  );
  takeOvers.current = resources.use(createTakeOvers(configuration, { store, runner, runs, handed, log }));
  const across = await openAcross(configuration, { store, runner, runs, resources, log });
  const contracts = contractStore && createContractKeeper(configuration, { contractStore, store, served, runner, log });
  if (driven.drivesOn) requireSoundPlans(configuration, runs);
  const schedules = createScheduler(configuration, { store, runs, log });
  await notifications.open({ store, runner, log, looksBack: driven.drivesOn });
  const hooks = await openHooks(configuration, { runner, resources, log, disk, onNews: metrics?.onWork });
  const place = await whereToServe(configuration, { hooks, metrics, log, tls, resources });
  server.current = await startGrpcServer({
    ...place,
    takesCalls: options.takesCalls ?? true,
    runner: across.runner,
    runs: across.runs,
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
  const plans = driven.drivesPlans ? { recovered, runs, schedules, takeOvers: takeOvers.current } : undefined;
  if (driven.drivesOn) await driveOn({ across, plans, contracts, hooks, log });
  const parts = { runner, runs, schedules, contracts, hooks, store, disk, notifications, configuration };
  const rest = { takeOvers: takeOvers.current, token: place.token, server: server.current };
  return runningApp({ ...parts, ...rest, resources: resources.move() });
}

interface Driven extends Pick<Running, "contracts" | "hooks"> {
  readonly across: Across;
  /** Undefined = others drive plans. */
  readonly plans:
    | (Pick<Running, "runs" | "schedules" | "takeOvers"> & { readonly recovered: RecoveredRuns })
    | undefined;
  readonly log: EventLog;
}

/** Goes on with what was begun before, and begins what comes by itself. */
async function driveOn({ across, plans, contracts, hooks, log }: Driven): Promise<void> {
  across.serve();
  if (plans !== undefined) await resumeInterrupted(plans.recovered, plans.runs, log);
  plans?.takeOvers.start();
  await contracts?.start();
  await plans?.schedules.start();
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
  readonly takeOvers: TakeOvers;
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
    takeOvers,
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
      takeOvers.stop(), // what is given up here is for others
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

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
