import { hostname } from "node:os";
import { Fault } from "#model";
import { composeWorker } from "./compose-worker.ts";
import { keepHeapSmall } from "../heap.ts";
import { loadConfiguration } from "../load-configuration.ts";
import { createEventLog } from "../log-events.ts";

/** What a command line says of a worker. */
export interface WorkerOrder {
  readonly config?: string;
  readonly state?: string;
  readonly capabilities?: readonly string[];
  readonly name?: string;
  readonly concurrency: number;
}

/** How a worker's process is told to stop, and whom it tells that it takes jobs. */
export interface WorkerOptions {
  readonly stopped: AbortSignal;
  readonly onReady: (ready: { readonly name: string; readonly capabilities: readonly string[] }) => void;
}

const NAME_CHARACTERS = 128;

/**
 * Runs a worker until `stopped` aborts, then lets running jobs end within the drain deadline. From this file no policy, no plan and
 * no signing key can be reached (LAYER-21).
 * @throws {Fault} STORE_HALTED after the stop, if the store had halted before; any other before jobs are taken.
 */
export async function runWorker(order: WorkerOrder, { stopped, onReady }: WorkerOptions): Promise<void> {
  const { config, state, capabilities, concurrency } = order;
  const flags = { ...(config !== undefined && { config }), ...(state !== undefined && { state }) };
  const configuration = await loadConfiguration({ flags, environment: process.env, workingDirectory: process.cwd() });
  const log = createEventLog(configuration.log_level);
  const name = order.name ?? `${hostname()}-${process.pid}`.slice(-NAME_CHARACTERS);
  const worker = await composeWorker(configuration, { log, capabilities, name, concurrency });
  keepHeapSmall();
  const facts = { worker: name, capabilities: worker.capabilities, concurrency, state: configuration.state };
  log("worker.started", { ...facts, pid: process.pid });
  onReady({ name, capabilities: worker.capabilities });
  const why = await firstAborted(stopped, worker.halted);
  log("worker.draining", { reason: String(why), drain_seconds: configuration.drain_seconds });
  await worker.stop();
  const halted = worker.halted.aborted ? String(worker.halted.reason) : undefined;
  log("worker.stopped", { ...(halted !== undefined && { halted }) });
  if (halted !== undefined)
    throw new Fault(
      "STORE_HALTED",
      `The worker stopped after its store had halted (${halted}). Mend the cause and start again; nothing that was told is lost by it.`,
    );
}

/** Resolves with the reason of the first that aborts. */
async function firstAborted(...signals: readonly AbortSignal[]): Promise<unknown> {
  const any = AbortSignal.any([...signals]);
  if (!any.aborted) await new Promise((resolve) => any.addEventListener("abort", resolve, { once: true }));
  return any.reason;
}
