import { refuseDebugEnvironment } from "#api";
import type { CommonFlags } from "#cli";
import { Fault } from "#model";
import { compose } from "./compose.ts";
import { keepHeapSmall } from "./heap.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { createEventLog } from "./log-events.ts";
import { untilStopped } from "./serve.ts";

/** How a scheduler is told to stop, and whom it tells that it drives. */
export interface SchedulerProcessOptions {
  readonly stopped: AbortSignal;
  readonly onReady: () => void;
}

/**
 * Drives plans over a shared store until `stopped` aborts, and takes no calls; then it lets running jobs end within the drain deadline and
 * hands its runs on.
 * @throws {Fault} INVALID_CONFIGURATION if the store is not shared; STORE_HALTED after the stop, if the store had halted before.
 */
export async function runScheduler(flags: CommonFlags, { stopped, onReady }: SchedulerProcessOptions): Promise<void> {
  refuseDebugEnvironment(process.env);
  const configuration = await loadConfiguration({ flags, environment: process.env, workingDirectory: process.cwd() });
  if (configuration.store !== "postgres") throw notShared(configuration.store);
  const log = createEventLog(configuration.log_level);
  const app = await compose(configuration, { log, takesCalls: false });
  keepHeapSmall();
  log("scheduler.started", { http_address: app.httpAddress, state: configuration.state, pid: process.pid });
  onReady();
  await untilStopped(app, { stopped, configuration, log, forget: () => undefined });
}

function notShared(store: string): Fault {
  const description = `is ${store}, which one process owns: a scheduler beside others needs \`store: postgres\``;
  const text = `The configuration is not valid: \`store\` ${description}.`;
  return new Fault("INVALID_CONFIGURATION", text, { violations: [{ field: "store", description }] });
}
