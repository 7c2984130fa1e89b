import fc from "fast-check";
import { createMemoryStore } from "#evidence";
import type { EvidenceRecord, EvidenceStore } from "#evidence";
import type { StepHandler, StepOutput, StepType } from "#effects";
import type { HealthObserver, HealthSnapshot } from "#health";
import type { ExecutionResult, Job, Json, StepReference } from "#model";
import { createJobRunner } from "#orchestration";
import type { JobRunner } from "#orchestration";
import { json } from "./arbitrary-drafts.ts";
import { eventIds } from "./event-ids.ts";
import { FakeClock } from "./fake-clock.ts";
import { wholeLog } from "./logs.ts";

/** What a step does when it is performed. */
export type Play =
  | { readonly kind: "returns"; readonly output: Json }
  | { readonly kind: "returns much"; readonly letters: number }
  | { readonly kind: "fails"; readonly error: string; readonly errorClass: "transient_io" | "permanent" | "unknown" }
  | { readonly kind: "throws"; readonly message: string }
  | { readonly kind: "returns no JSON" }
  | { readonly kind: "returns no output" }
  | { readonly kind: "forges a reference" }
  | { readonly kind: "times out"; readonly late: "returned" | "threw" | "running" }
  | { readonly kind: "holds the thread" }
  | { readonly kind: "is cancelled"; readonly late: "returned" | "running" };

/** What the observer says, look by look; the last word is repeated. */
export type Look = "well" | "ill" | "throws" | "no object" | "no answer";

/** A job to be played: its steps' plays, its health, its deadline. */
export interface Script {
  readonly plays: readonly Play[];
  readonly looks: readonly Look[] | undefined;
  readonly jobTimeoutSeconds: number | undefined;
}

const play: fc.Arbitrary<Play> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("returns" as const), output: json }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("returns much" as const), letters: fc.integer({ min: 8180, max: 9000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fails" as const),
      error: fc.string({ unit: "binary" }),
      errorClass: fc.constantFrom("transient_io", "permanent", "unknown"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("throws" as const), message: fc.string() }) },
  { weight: 1, arbitrary: fc.constantFrom<Play>({ kind: "returns no JSON" }, { kind: "returns no output" }) },
  { weight: 1, arbitrary: fc.constantFrom<Play>({ kind: "forges a reference" }, { kind: "holds the thread" }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("times out" as const),
      late: fc.constantFrom("returned", "threw", "running"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("is cancelled" as const), late: fc.constantFrom("returned", "running") }),
  },
);

/** Any job, of whatever steps, under whatever observer. */
export const script: fc.Arbitrary<Script> = fc.record({
  plays: fc.array(play, { maxLength: 6 }),
  looks: fc.option(
    fc.array(fc.constantFrom<Look>("well", "ill", "throws", "no object", "no answer"), { minLength: 1, maxLength: 8 }),
    { nil: undefined },
  ),
  jobTimeoutSeconds: fc.option(fc.constantFrom(1, 60, 1000), { nil: undefined }),
});

const STEP_TIMEOUT_SECONDS = 30;

/** The steps that a script declares. */
export function stepsOf({ plays }: Script): readonly StepReference[] {
  return plays.map(({ kind }, stepIndex) => ({ stepIndex, stepType: "test.play", target: kind }));
}

/** The job that a script stands for. */
export function jobOf(jobId: string, { plays, jobTimeoutSeconds }: Script): Job {
  return {
    jobId,
    contractId: "contract-1",
    executedBy: "tester",
    ...(jobTimeoutSeconds !== undefined && { timeoutSeconds: jobTimeoutSeconds }),
    steps: stepsOf({ plays, jobTimeoutSeconds, looks: undefined }).map((step) => ({
      ...step,
      parameters: { number: step.stepIndex },
      timeoutSeconds: STEP_TIMEOUT_SECONDS,
    })),
  };
}

/** A script that was played to its end. */
export interface Played {
  readonly result: ExecutionResult;
  readonly records: readonly EvidenceRecord[];
  readonly store: EvidenceStore;
  readonly runner: JobRunner;
  readonly clock: FakeClock;
}

/** Plays a script with the real executor, runner and store; only time is not real. */
export async function played(jobId: string, said: Script): Promise<Played> {
  const clock = new FakeClock();
  const store = createMemoryStore({ newEventId: eventIds() });
  const cancel = (): void => void runner.cancel(jobId, { cancelledBy: "somebody", reason: "no longer wanted" });
  const stepTypes = [stepType((step) => said.plays[step] ?? { kind: "returns", output: null }, { clock, cancel })];
  const health = said.looks === undefined ? {} : { health: observer(said.looks, clock) };
  const runner = createJobRunner({ store, clock, stepTypes, maxActiveJobs: 10, ...health });
  const submitted = await runner.submit(jobOf(jobId, said));
  const result = await submitted.result;
  const records = (await wholeLog(store, jobId)).map(({ record }) => record);
  return { result, records, store, runner, clock };
}

interface Stage {
  readonly clock: FakeClock;
  readonly cancel: () => void;
}

function stepType(playOf: (stepIndex: number) => Play, stage: Stage): StepType {
  const execute: StepHandler["execute"] = (step, _context, { signal }) => act(playOf(step.stepIndex), stage, signal);
  return { name: "test.play", handler: { execute }, checkParameters: () => [], parametersSchema: {} };
}

function act(said: Play, { clock, cancel }: Stage, signal: AbortSignal): Promise<StepOutput> | StepOutput {
  switch (said.kind) {
    case "returns":
      return { success: true, output: said.output };
    case "returns much":
      return { success: true, output: "x".repeat(said.letters) };
    case "fails":
      return { success: false, output: { half: "done" }, error: said.error, errorClass: said.errorClass };
    case "throws":
      throw new Error(said.message);
    case "returns no JSON":
      return { success: true, output: { big: 1n } as never }; // what the types forbid and JavaScript does not
    case "returns no output":
      return undefined as never; // the same
    case "forges a reference":
      return { success: true, output: { $blob: "A".repeat(43), size: 1 } };
    case "holds the thread":
      clock.advance((STEP_TIMEOUT_SECONDS + 1) * 1000);
      return { success: true, output: "too late" };
    case "times out":
      setImmediate(() => clock.advance((STEP_TIMEOUT_SECONDS + 1) * 1000));
      return untilStopped(said.late, clock, signal);
    case "is cancelled":
      setImmediate(cancel);
      return untilStopped(said.late, clock, signal);
    default:
      return said satisfies never;
  }
}

/** Ends late, in one of the ways in which a handler can, or never. */
function untilStopped(ending: "returned" | "threw" | "running", clock: FakeClock, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<StepOutput>();
  signal.addEventListener("abort", () => {
    if (ending === "returned") resolve({ success: true, output: "late" });
    else if (ending === "threw") reject(new Error("late"));
    else setImmediate(() => clock.advance(10_000)); // by then the grace is being waited for
  });
  return promise;
}

function observer(looks: readonly Look[], clock: FakeClock): HealthObserver {
  let number = -1;
  return {
    observeHealth() {
      number += 1;
      const look = looks[Math.min(number, looks.length - 1)] ?? "well";
      if (look === "throws") throw new Error(`blind at look ${number}`);
      if (look === "no object") return "well" as unknown as HealthSnapshot; // what the types forbid
      if (look === "no answer") {
        setImmediate(() => clock.advance(1000));
        return new Promise<HealthSnapshot>(() => undefined);
      }
      return { status: look === "well" ? "HEALTHY" : "DEGRADED", signals: { number } };
    },
  };
}
