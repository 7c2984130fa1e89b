import type { RecordDraft } from "#evidence";
import { created, draft, stepStarted, stepSucceeded } from "../../support/drafts.ts";
import { canonical, sha256 } from "../../support/reference-format.ts";

/** The run that all plans here are run as. */
export const PLAN_RUN = "run-1";

/** A job of a plan; default: one step and no needs. */
export interface PlannedJob {
  readonly key: string;
  readonly needs?: readonly string[];
  readonly steps?: number;
  readonly gate?: "manual" | "hard";
}

/** Which attempt, and which of its steps are looked at. */
export interface Which {
  readonly attempt?: number;
  /** Declared by this attempt; default 1. */
  readonly steps?: number;
  /** Place of the first of them in the plan; default 0. */
  readonly first?: number;
}

/** The record that opens the run of a plan. */
export function planned(jobs: readonly PlannedJob[], members: Partial<RecordDraft> = {}): RecordDraft {
  const plan = {
    jobs: jobs.map(({ key, needs = [], steps = 1, gate }) => ({
      key,
      needs,
      ...(gate !== undefined && { gate }),
      steps: Array.from({ length: steps }, (_none, at) => ({ step_type: "test.echo", target: `target-${at}` })),
    })),
  };
  return created(PLAN_RUN, {
    job_id: undefined,
    steps_declared: undefined,
    plan,
    plan_hash: sha256(canonical(plan)),
    job_keys: jobs.map(({ key }) => key),
    ...members,
  });
}

/** Everything before the first job. */
export function begun(jobs: readonly PlannedJob[]): readonly RecordDraft[] {
  return [planned(jobs), state("preflight_validated"), state("executing")];
}

/** A run that goes to a state. */
export function state(status: string): RecordDraft {
  return draft("run.state_changed", { status });
}

/** The end of a run. */
export function end(status: string): RecordDraft {
  return draft("run.completed", { status });
}

/** A record about a job, without an attempt. */
export function about(event: RecordDraft["event_type"], key: string, members: Partial<RecordDraft> = {}): RecordDraft {
  return draft(event, { job_key: key, ...members });
}

/** What names an attempt. */
export function attemptAt(key: string, attempt = 0): Pick<RecordDraft, "job_key" | "job_id" | "attempt"> {
  return { job_key: key, job_id: `${PLAN_RUN}/${key}/${attempt}`, attempt };
}

/** The start of an attempt. */
export function start(
  key: string,
  { attempt = 0, steps = 1, first }: Which = {},
  members: Partial<RecordDraft> = {},
): RecordDraft {
  return draft("job.started", {
    ...attemptAt(key, attempt),
    steps_declared: steps,
    ...(first !== undefined && { data: { first_step: first } }),
    ...members,
  });
}

/** The start of a step of an attempt. */
export function stepStart(key: string, index = 0, { attempt = 0, first = 0 }: Which = {}): RecordDraft {
  return stepStarted(index, { ...attemptAt(key, attempt), target: `target-${first + index}` });
}

/** Its success. */
export function stepOk(key: string, index = 0, { attempt = 0, first = 0 }: Which = {}): RecordDraft {
  return stepSucceeded(index, { ...attemptAt(key, attempt), target: `target-${first + index}` });
}

/** Its failure. */
export function stepBad(key: string, index = 0, { attempt = 0 }: Which = {}): RecordDraft {
  const said = { step_index: index, status: "FAILED", error_class: "unknown", reason: "no" } as const;
  return draft("step.failed", { ...attemptAt(key, attempt), ...said });
}

/** The success of an attempt. */
export function jobOk(key: string, attempt = 0): RecordDraft {
  return draft("job.succeeded", { ...attemptAt(key, attempt), status: "COMPLETED" });
}

/** The failure of an attempt. */
export function jobBad(key: string, attempt = 0, members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("job.failed", { ...attemptAt(key, attempt), status: "FAILED", ...members });
}

/** A whole attempt all of whose steps succeed. */
export function whole(key: string, which: Which = {}): readonly RecordDraft[] {
  const { attempt = 0, steps = 1 } = which;
  const performed = Array.from({ length: steps }, (_none, at) => [stepStart(key, at, which), stepOk(key, at, which)]);
  return [start(key, which), ...performed.flat(), jobOk(key, attempt)];
}

/** A whole attempt whose first step fails. */
export function failing(key: string, which: Which = {}): readonly RecordDraft[] {
  const { attempt = 0 } = which;
  return [start(key, which), stepStart(key, 0, which), stepBad(key, 0, which), jobBad(key, attempt)];
}

/** An attempt whose first steps succeed, and whose next one is in doubt, as a recovery tells it. */
export function doubtful(key: string, succeeded: number, which: Which = {}): readonly RecordDraft[] {
  const { attempt = 0 } = which;
  const performed = Array.from({ length: succeeded }, (_none, at) => [
    stepStart(key, at, which),
    stepOk(key, at, which),
  ]);
  return [
    start(key, which),
    ...performed.flat(),
    stepStart(key, succeeded, which),
    draft("log.recovered"),
    draft("step.in_doubt", { ...attemptAt(key, attempt), step_index: succeeded }),
    jobBad(key, attempt, { error_class: "in_doubt" }),
    state("blocked"),
  ];
}
