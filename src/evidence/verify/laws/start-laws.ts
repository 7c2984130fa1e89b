import { shown } from "../problems.ts";
import type { SaidRecord } from "../said-record.ts";
import { isSeq } from "../said-record.ts";
import type { AttemptLaws, Declared, TellBreach } from "./attempt-laws.ts";
import { derivedFrom, memberOf } from "./declared-run.ts";
import type { DeclaredRun } from "./declared-run.ts";
import type { Job } from "./job.ts";

/** What is looked at when an attempt at a job of a plan starts. */
export interface PlannedStart {
  readonly key: string;
  readonly attempt: number;
  readonly record: SaidRecord;
  readonly run: DeclaredRun;
  /** What is known of a job so far. */
  readonly jobOf: (key: string) => Job | undefined;
  readonly tell: TellBreach;
}

/** Holds the start of an attempt to what its plan demands before it: its id, its needs, its gate. */
export function checkPlannedStart({ key, attempt, record, run, jobOf, tell }: PlannedStart): void {
  const id = `${run.runId}/${key}/${attempt}`;
  if (record.job_id !== id)
    tell(
      "ILLEGAL_TRANSITION",
      `attempt ${attempt} at job ${shown(key)} has the job id ${shown(record.job_id)}, expected ${id}`,
    );
  const derived = derivedFrom(key);
  const base = derived === undefined ? undefined : (jobOf(derived.base)?.state ?? "pending");
  if (derived?.kind === "compensate" && base !== "succeeded" && base !== "failed")
    tell("ILLEGAL_TRANSITION", `job ${shown(key)} was started, and job ${shown(derived.base)} was ${base}`);
  const { needs = [], isGated = false } = run.jobs.get(key) ?? {};
  const unmet = needs.find((need) => jobOf(need)?.state !== "succeeded");
  if (unmet !== undefined)
    tell(
      "ILLEGAL_TRANSITION",
      `job ${shown(key)} was started, and its need ${shown(unmet)} was ${jobOf(unmet)?.state ?? "pending"}`,
    );
  const gate = jobOf(key)?.gate;
  if (gate === "opened" || gate === "rejected" || (isGated && gate !== "approved"))
    tell("ILLEGAL_TRANSITION", `job ${shown(key)} was started, and its gate was ${gate ?? "not opened"}`);
}

/** What an attempt at a job of a plan declares: all of its steps, or the last ones, if those before have succeeded. */
export function declaredOfAttempt({
  key,
  record,
  run,
  jobOf,
  tell,
}: PlannedStart): Declared & { readonly first: number } {
  const { steps_declared: said, data } = record;
  const count = isSeq(said) ? said : undefined;
  if (count === undefined) tell("WRONG_VERDICT", `job ${shown(key)} was started, and steps_declared is ${shown(said)}`);
  const firstSaid = memberOf(data, "first_step") ?? 0;
  const first = isSeq(firstSaid) ? firstSaid : 0;
  const done = provenSteps(jobOf(key));
  if (!isSeq(firstSaid) || first > done)
    tell(
      "EXEC_001_ORDER",
      `job ${shown(key)} goes on with step ${shown(firstSaid)}, and the first ${done} steps are known to have succeeded`,
    );
  const steps = run.jobs.get(key)?.steps;
  if (steps !== undefined && count !== undefined && first + count !== steps.length)
    tell(
      "WRONG_VERDICT",
      `job ${shown(key)} declares ${count} steps from step ${first} on, and the plan has ${steps.length}`,
    );
  return { count, steps: first === 0 ? steps : steps?.slice(first), first };
}

/** Steps at the beginning of a job that are known to have succeeded, of the last attempt and those that it went on from. */
function provenSteps(job: Job | undefined): number {
  const last: AttemptLaws | undefined = job?.last;
  if (last === undefined) return 0;
  const probed = last.isInDoubt && job?.wasProbed === true ? 1 : 0;
  return last.firstStep + last.succeededSteps + probed;
}
