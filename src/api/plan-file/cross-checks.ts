import type { LocatedDocument, LocatedProblem } from "#document";
import { LIMITS } from "#model";

/** The lists of steps that a job may have. */
export const STEP_LISTS = ["pre_checks", "steps", "post_checks", "probe", "compensate"] as const;

/**
 * What no member alone is to blame for. Looked for in whatever the file says, so that it is told together with what the schema
 * finds, and left to the schema where the form is another one.
 */
export function crossProblems(document: LocatedDocument): readonly LocatedProblem[] {
  const jobs = membersOf(membersOf(document.value)["jobs"]);
  const needs = Object.values(jobs).reduce<number>((sum, job) => sum + itemsOf(membersOf(job)["needs"]).length, 0);
  const tooMany =
    needs > LIMITS.needsPerPlan
      ? [document.problemAt(["jobs"], `need ${needs} others in all; at most ${LIMITS.needsPerPlan} are allowed`)]
      : [];
  const inJobs = Object.entries(jobs).flatMap(([key, job]) => (isMap(job) ? jobProblems(job, { key, document }) : []));
  return [...tooMany, ...inJobs, ...notificationProblems(document)];
}

function notificationProblems(document: LocatedDocument): readonly LocatedProblem[] {
  return itemsOf(membersOf(document.value)["notifications"]).flatMap((one, at) => {
    if (!isMap(one) || "email" in one !== "webhook" in one) return [];
    const text =
      "email" in one ? "has email and webhook; keep one, or make two of it" : "tells nobody; give it email, or webhook";
    return [document.problemAt(["notifications", at], text)];
  });
}

function jobProblems(
  job: Members,
  { key, document }: { readonly key: string; readonly document: LocatedDocument },
): readonly LocatedProblem[] {
  const problems: LocatedProblem[] = [];
  if ("command" in job && "steps" in job)
    problems.push(
      document.problemAt(["jobs", key, "steps"], "stand beside command, which is short for one step; keep one"),
    );
  if (!("command" in job) && !("steps" in job))
    problems.push(document.problemAt(["jobs", key], "has nothing to do; give it command, or steps"));
  for (const list of STEP_LISTS) {
    for (const [at, step] of itemsOf(job[list]).entries()) {
      const problem = isMap(step) ? stepProblem(step) : undefined;
      if (problem !== undefined) problems.push(document.problemAt(["jobs", key, list, at], problem));
    }
  }
  return problems;
}

function stepProblem(step: Members): string | undefined {
  const named = "step_type" in step;
  if ("command" in step)
    return named || "parameters" in step
      ? "has command, which is short for step_type and parameters, and one of these too; keep the one or the others"
      : undefined;
  return named ? undefined : "has neither command nor step_type; give one of them";
}

type Members = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function membersOf(value: unknown): Members {
  return isMap(value) ? value : {};
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
