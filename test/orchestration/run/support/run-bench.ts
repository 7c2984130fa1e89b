import type { ExecutionContext, StepOutput, StepType } from "#effects";
import { createMemoryStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import type { Clock, ErrorClass, JobDeclaration, JobStep, PlanDeclaration } from "#model";
import { createRunRunner } from "../../../../src/orchestration/run/create-run-runner.ts";
import { Machine } from "../../../../src/orchestration/machine.ts";
import type { RunRunner, SubmittedPlan } from "../../../../src/orchestration/run/run-runner.ts";

/** What a scripted step does: nothing, or a failure of this class; `hang` waits until it is stopped or let go. */
export type Script = "ok" | ErrorClass | "hang";

/** A machine that runs plans whose steps do what a script says, and notes what was really done. */
export interface RunBench extends AsyncDisposable {
  readonly store: EvidenceStore;
  readonly runner: RunRunner;
  /** `job id/step` of each step that took effect, in order. */
  readonly effects: readonly string[];
  /** Resolves when the step has been entered. */
  entered(idempotencyKey: string): Promise<void>;
  /** Lets a step that hangs end well. */
  letGo(idempotencyKey: string): void;
  /** Makes another runner on the same store, as a new process would. */
  again(options?: { readonly drivesOn?: boolean }): RunRunner;
}

/** @param script asked for each step by its idempotency key `run/job/attempt/step`. */
export function createRunBench(
  script: (idempotencyKey: string) => Script = () => "ok",
  {
    store = memoryStore(),
    drivesOn = true,
    types = [],
  }: {
    readonly store?: EvidenceStore;
    readonly drivesOn?: boolean;
    /** Further step types with the same script, by their names. */
    readonly types?: readonly string[];
  } = {},
): RunBench {
  const effects: string[] = [];
  const gates = new Map<string, { entered: PromiseWithResolvers<void>; open: PromiseWithResolvers<void> }>();
  const gate = (key: string) => {
    const known = gates.get(key) ?? { entered: Promise.withResolvers<void>(), open: Promise.withResolvers<void>() };
    gates.set(key, known);
    return known;
  };
  const act = async (
    _step: JobStep,
    context: ExecutionContext,
    { signal }: { signal: AbortSignal },
  ): Promise<StepOutput> => {
    const { idempotencyKey } = context;
    const said = script(idempotencyKey);
    if (said === "hang") {
      const { entered, open } = gate(idempotencyKey);
      entered.resolve();
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([open.promise, stopped]);
      if (signal.aborted) return { success: false, output: null, error: "stopped" };
    } else if (said !== "ok") {
      return { success: false, output: { exit_code: 3 }, error: `scripted ${said}`, errorClass: said as never }; // the machine takes those that it knows
    }
    effects.push(idempotencyKey);
    return { success: true, output: {} };
  };
  const type: StepType = {
    name: "test.act",
    handler: { execute: act },
    checkParameters: () => [],
    parametersSchema: { type: "object" },
  };
  let runs = 0;
  const clock = eagerClock();
  const runnerOn = (drives: boolean): RunRunner =>
    createRunRunner({
      store,
      clock,
      machine: new Machine({ store, stepTypes: [type, ...types.map((name) => ({ ...type, name }))] }),
      newRunId: () => `run-${(runs += 1)}`,
      chance: () => 0.5,
      drivesOn: drives,
    });
  const runner = runnerOn(drivesOn);
  return {
    store,
    runner,
    effects,
    entered: (key) => gate(key).entered.promise,
    letGo: (key) => gate(key).open.resolve(),
    again: (options) => runnerOn(options?.drivesOn ?? true),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

function memoryStore(): EvidenceStore {
  let ids = 0;
  return createMemoryStore({ newEventId: () => `event-${(ids += 1)}` });
}

/** Waits of less than this are over at once; limits on steps are longer and never pass. */
const SHORT_MS = 200_000;

/** A clock on which waits for retries take no time. */
export function eagerClock(): Clock {
  let ms = Date.UTC(2026, 0, 1);
  return {
    now: () => new Date((ms += 1)).toISOString(),
    monotonicMs: () => (ms += 1),
    after(milliseconds, callback) {
      if (milliseconds > SHORT_MS) return () => undefined;
      const timer = setImmediate(callback);
      return () => clearImmediate(timer);
    },
  };
}

/** A declared job with one scripted step, unless told otherwise. */
export function declaredJob(key: string, rest: Partial<JobDeclaration> = {}): JobDeclaration {
  return {
    key,
    needs: [],
    steps: [{ stepType: "test.act" }],
    preChecks: [],
    postChecks: [],
    compensate: [],
    probe: [],
    artifacts: [],
    environment: {},
    ...rest,
  };
}

/** A plan with what it is submitted with. */
export function submitted(jobs: readonly JobDeclaration[], rest: Partial<PlanDeclaration> = {}): SubmittedPlan {
  return {
    declaration: {
      name: "test",
      environment: {},
      inheritEnvironment: [],
      allowShell: false,
      defaults: {},
      jobs,
      ...rest,
    },
    surroundings: { inherited: {}, overrides: {} },
  };
}

/** Resolves when the run rests, as its log tells it. */
export async function atRest(runner: RunRunner, runId: string): Promise<Awaited<ReturnType<RunRunner["get"]>>> {
  for (;;) {
    const view = await runner.get(runId);
    if (
      view.status !== "executing" &&
      view.status !== "rolling_back" &&
      view.jobs.every((job) => job.status !== "running")
    )
      return view;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
