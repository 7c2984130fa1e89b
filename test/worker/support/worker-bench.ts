import type { ExecutionContext, StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import type { Job } from "#model";
import { JobWorker } from "#worker";
import type { JobWorkerOptions, WorkerNews } from "#worker";
import { memoryStore } from "../../support/evidence-store.ts";
import { machineClock } from "../../support/machine-clock.ts";
import { jobWith } from "./handed-jobs.ts";

const HOUR_MS = 3_600_000;

/** A worker over a store in memory, whose only step type waits for its gate. */
export interface Bench extends AsyncDisposable {
  readonly store: EvidenceStore;
  readonly worker: JobWorker;
  readonly news: readonly WorkerNews[];
  /** The steps that were begun, in order. */
  readonly begun: readonly ExecutionContext[];
  readonly openGate: () => void;
}

/** Makes one. */
export function bench(options: Partial<JobWorkerOptions> = {}): Bench {
  const store = options.store ?? memoryStore();
  const news: WorkerNews[] = [];
  const begun: ExecutionContext[] = [];
  const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
  const gated: StepType = {
    name: "gated",
    checkParameters: () => [],
    parametersSchema: { type: "object" },
    handler: {
      async execute(_step, context, { signal }) {
        begun.push(context);
        const { promise: stopped, resolve } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => resolve());
        await Promise.race([gate, stopped]);
        return { success: true, output: null };
      },
    },
  };
  const worker = new JobWorker({
    store,
    serves: [gated],
    name: "worker-1",
    clock: machineClock,
    concurrency: 10,
    lookEveryMs: HOUR_MS,
    onNews: (each) => news.push(each),
    ...options,
  });
  const end = (): Promise<void> => worker.drain({ graceMs: 0 });
  return { store, worker, news, begun, openGate, [Symbol.asyncDispose]: end };
}

/** A job of one step, which waits for the gate. */
export const gatedJob = (jobId: string): Job => jobWith(jobId, [["gated", {}]]);
