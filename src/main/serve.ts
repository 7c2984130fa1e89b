import { calledLocally, refuseDebugEnvironment } from "#api";
import type { ServeFlags } from "#cli";
import { Fault } from "#model";
import { compose } from "./compose.ts";
import type { App } from "./compose.ts";
import { keepHeapSmall } from "./heap.ts";
import { loadConfiguration } from "./load-configuration.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { createEventLog } from "./log-events.ts";
import type { EventLog } from "./log-events.ts";
import { noteServer } from "./running-server.ts";

/** How a server's process is told to stop, and whom it tells that it is ready. */
export interface ServeOptions {
  readonly stopped: AbortSignal;
  readonly onReady: (address: string) => void;
}

/**
 * Runs a server until `stopped` aborts, then lets running jobs end within the drain deadline.
 * @throws {Fault} STORE_HALTED after the stop, if the store had halted before; any other before calls are taken.
 */
export async function serve(flags: ServeFlags, { stopped, onReady }: ServeOptions): Promise<void> {
  refuseDebugEnvironment(process.env);
  const sources = { flags, environment: process.env, workingDirectory: process.cwd() };
  const configuration = await loadConfiguration(sources);
  const log = createEventLog(configuration.log_level);
  const app = await compose(configuration, { log });
  keepHeapSmall();
  const isTls = configuration.tls !== undefined && !app.address.startsWith("unix:");
  const forget = noteServer(configuration.state, calledLocally(app.address), isTls);
  log("server.started", {
    address: app.address,
    tls: isTls,
    http_address: app.httpAddress,
    state: configuration.state,
    pid: process.pid,
  });
  onReady(app.address);
  await untilStopped(app, { stopped, configuration, log, forget });
}

/** What a process that serves is stopped with. */
export interface Stopping {
  readonly stopped: AbortSignal;
  readonly configuration: LoadedConfiguration;
  readonly log: EventLog;
  /** Called when nothing is served any more. */
  readonly forget: () => void;
}

/**
 * Waits for the signal, then for what runs.
 * @throws {Fault} STORE_HALTED after the stop, if the store had halted before.
 */
export async function untilStopped(app: App, { stopped, configuration, log, forget }: Stopping): Promise<void> {
  if (!stopped.aborted) await new Promise((resolve) => stopped.addEventListener("abort", resolve, { once: true }));
  log("server.draining", { reason: String(stopped.reason), drain_seconds: configuration.drain_seconds });
  const halted = await app.stop();
  forget();
  log("server.stopped", { ...(halted !== undefined && { halted }) });
  if (halted !== undefined) throw haltedServer(halted);
}

/** A server that took no more records must not seem to have ended well to whoever started it. */
function haltedServer(why: string): Fault {
  return new Fault(
    "STORE_HALTED",
    `The server stopped after its store had halted (${why}). Mend the cause and start again; nothing that was told is lost by it.`,
  );
}
