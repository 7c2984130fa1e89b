import type { ExecutionContext, StepOutput, StepType } from "#effects";
import type { EvidenceStore, RecordDraft } from "#evidence";
import type { ErrorClass, JobStep } from "#model";
import { createJobRunner, createRunRunner, HandedJobs, Machine, recoverRuns } from "#orchestration";
import type { JobRunner, RecoveredRuns, RunRunner } from "#orchestration";
import type { JobQueue } from "#queue";
import { SharedStores } from "../../../evidence/support/shared-stores.ts";
import { wholeLog } from "../../../evidence/support/logs.ts";
import { machineClock } from "../../../support/machine-clock.ts";
import { TestWorker } from "./test-worker.ts";

/** What a scripted step does: nothing, or a failure of this class; `hang` waits until it is stopped or let go. */
export type Script = "ok" | ErrorClass | "hang";

/** A process that decides. */
export interface TestDriver {
  readonly store: EvidenceStore;
  readonly handed: HandedJobs;
  readonly runner: JobRunner;
  readonly runs: RunRunner;
  /** What went wrong and held nothing up. */
  readonly problems: unknown[];
  /** Looks for what others have left, as a server does at its start and each half lease, and goes on with it. */
  recover(): Promise<RecoveredRuns>;
}

/** Drivers and workers over the tables of one schema, each with a store of its own; what steps do is counted beside it. */
export class HandedBench implements AsyncDisposable {
  readonly #stores: SharedStores;
  readonly #script: (idempotencyKey: string) => Script;
  readonly #queue: JobQueue | undefined;
  readonly #gates = new Map<string, { entered: PromiseWithResolvers<void>; open: PromiseWithResolvers<void> }>();
  readonly #workers: TestWorker[] = [];
  /** `job id/step` of each step that took effect, in order. */
  readonly effects: string[] = [];
  /** The parameters that each of them was given. */
  readonly parameters: unknown[] = [];

  constructor(url: string, script: (idempotencyKey: string) => Script = () => "ok", queue?: JobQueue) {
    this.#stores = new SharedStores(url);
    this.#script = script;
    this.#queue = queue;
  }

  get #type(): StepType {
    return {
      name: "test.act",
      handler: { execute: (step, context, { signal }) => this.#act(step, context, signal) },
      checkParameters: () => [],
      parametersSchema: { type: "object" },
    };
  }

  async #act({ parameters }: JobStep, { idempotencyKey }: ExecutionContext, signal: AbortSignal): Promise<StepOutput> {
    const said = this.#script(idempotencyKey);
    if (said === "hang") {
      const { entered, open } = this.#gate(idempotencyKey);
      entered.resolve();
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([open.promise, stopped]);
      if (signal.aborted) return { success: false, output: null, error: "stopped" };
    } else if (said !== "ok") {
      return { success: false, output: { exit_code: 3 }, error: `scripted ${said}`, errorClass: said as never }; // the machine takes those that it knows
    }
    this.effects.push(idempotencyKey);
    this.parameters.push(parameters);
    return { success: true, output: { did: idempotencyKey } };
  }

  #gate(key: string) {
    const known = this.#gates.get(key) ?? { entered: Promise.withResolvers(), open: Promise.withResolvers() };
    this.#gates.set(key, known);
    return known;
  }

  /** Resolves when the step has been entered. */
  entered(idempotencyKey: string): Promise<void> {
    return this.#gate(idempotencyKey).entered.promise;
  }

  /** Lets a step that hangs end well. */
  letGo(idempotencyKey: string): void {
    this.#gate(idempotencyKey).open.resolve();
  }

  /** A driver. */
  driver({ handsOver = true }: { readonly handsOver?: boolean } = {}): TestDriver {
    const store = this.#stores.open();
    const problems: unknown[] = [];
    const onProblem = (_logId: string, error: unknown): void => void problems.push(error);
    const queue = this.#queue;
    const handed = new HandedJobs({ store, clock: machineClock, handsOver, onProblem, ...(queue && { queue }) });
    const common = { store, clock: machineClock, stepTypes: [this.#type], handed };
    const runner = createJobRunner({ ...common, elsewhere: true, maxActiveJobs: 10 });
    let runNumber = 0;
    const runs = createRunRunner({
      ...common,
      machine: new Machine(common),
      newRunId: () => `run-${(runNumber += 1)}`,
      chance: () => 0.5,
      drivesOn: true,
    });
    const recover = async (): Promise<RecoveredRuns> => {
      const recovered = await recoverRuns(store, machineClock, handed);
      for (const { runId, atWorkers } of recovered.plans) if (atWorkers.length > 0) await runs.goOn(runId);
      return recovered;
    };
    return { store, handed, runner, runs, problems, recover };
  }

  /** A worker, which begins to work. */
  worker(): TestWorker {
    const held: { worker?: TestWorker } = {};
    const store = this.#stores.open({}, { onStopAsked: (runId, wish) => held.worker?.worker.stopAsked(runId, wish) });
    const worker = new TestWorker({ store, serves: [this.#type], queue: this.#queue });
    held.worker = worker;
    this.#workers.push(worker);
    return worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.goAway()));
    await this.#stores[Symbol.asyncDispose]();
  }
}

/** What a log says of steps, without what each record has from its place. */
export async function stepRecords(store: EvidenceStore, logId: string): Promise<readonly object[]> {
  const records = (await wholeLog(store, logId)).map(({ record }) => record);
  return records
    .filter(({ event_type: type }) => type.startsWith("step."))
    .map(({ event_id: _id, run_id: _run, seq: _seq, hash: _hash, job_key: _key, attempt: _attempt, ...said }) => said);
}

/** The types of the records of a log. */
export async function typesIn(store: EvidenceStore, logId: string): Promise<readonly RecordDraft["event_type"][]> {
  return (await wholeLog(store, logId)).map(({ record }) => record.event_type);
}
