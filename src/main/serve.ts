import { refuseDebugEnvironment } from "#api";
import type { ServeFlags } from "#cli";
import { compose } from "./compose.ts";
import { keepHeapSmall } from "./heap.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { createEventLog } from "./log-events.ts";
import { noteServer } from "./running-server.ts";

/** How a server's process is told to stop, and whom it tells that it is ready. */
export interface ServeOptions {
  readonly stopped: AbortSignal;
  readonly onReady: (address: string) => void;
}

/** Runs a server until `stopped` aborts, then lets running jobs end within the drain deadline. @throws {Fault} */
export async function serve(flags: ServeFlags, { stopped, onReady }: ServeOptions): Promise<void> {
  refuseDebugEnvironment(process.env);
  const sources = { flags, environment: process.env, workingDirectory: process.cwd() };
  const configuration = await loadConfiguration(sources);
  const log = createEventLog(configuration.log_level);
  const app = await compose(configuration, { log });
  keepHeapSmall();
  const forget = noteServer(configuration.state, app.address);
  log("server.started", {
    address: app.address,
    http_address: app.httpAddress,
    state: configuration.state,
    pid: process.pid,
  });
  onReady(app.address);
  if (!stopped.aborted) await new Promise((resolve) => stopped.addEventListener("abort", resolve, { once: true }));
  log("server.draining", { reason: String(stopped.reason), drain_seconds: configuration.drain_seconds });
  await app.stop();
  forget();
  log("server.stopped", {});
}
