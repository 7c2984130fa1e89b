import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { ScanAnswer, ScanTask } from "./scan-lines.ts";

/** Threads of one scanner at a time; the next scans wait. */
const THREADS = 2;
const THREAD_HEAP_MIB = 128;

/**
 * Looks for patterns in lines, each time in a thread of its own: whatever the pattern and the lines are, the server goes on
 * meanwhile, and a scan that is to stop is stopped in the middle of a line.
 */
export class LineScanner {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Undefined if it was stopped by the signal. Whatever it ends with, nobody reads from the source any more. */
  async scan(task: ScanTask, signal: AbortSignal): Promise<ScanAnswer | undefined> {
    if (this.#running < THREADS) this.#running += 1;
    else if (!(await this.#place(signal))) return undefined;
    try {
      return signal.aborted ? undefined : await scanInThread(task, signal);
    } finally {
      const next = this.#waiting.shift(); // takes over the place
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  /** Waits for a place; false if the signal came first. */
  async #place(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const take = (): void => resolve(true);
    const giveUp = (): void => {
      const at = this.#waiting.indexOf(take);
      if (at < 0) return; // the place is ours already
      this.#waiting.splice(at, 1);
      resolve(false);
    };
    this.#waiting.push(take);
    signal.addEventListener("abort", giveUp, { once: true });
    const taken = await promise;
    signal.removeEventListener("abort", giveUp);
    return taken;
  }
}

async function scanInThread(task: ScanTask, signal: AbortSignal): Promise<ScanAnswer | undefined> {
  const script = new URL(`./scan-thread${extname(import.meta.url)}`, import.meta.url);
  const thread = new Worker(script, {
    workerData: task,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB },
  });
  const { promise, resolve } = Promise.withResolvers<ScanAnswer | undefined>();
  const stop = (): void => resolve(undefined);
  thread.once("message", (answer: ScanAnswer) => resolve(answer));
  thread.once("error", (error: Error) => resolve({ kind: "unscanned", why: `the scan failed: ${error.message}` }));
  thread.once("exit", () => resolve({ kind: "unscanned", why: "the scan ended without an answer" }));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    await thread.terminate();
  }
}
