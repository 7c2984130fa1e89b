import { snakeCase } from "#evidence";
import type { JsonObject } from "#model";
import type { PlannedJobView, PlannedStepView, PlannedWork } from "../plan-run/planned-work.ts";
import { fit } from "../text/fit.ts";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { counted } from "../text/words.ts";

/** Problems listed for a person; `--json` has all. */
const VIOLATIONS_LISTED = 1000;
/** Jobs listed for a person; `--json` has all. */
const JOBS_LISTED = 500;

/** How it is to be written. */
export interface PlannedWorkStyle {
  readonly paint: Paint;
  readonly columns: number;
}

/** What a plan would do: its problems first, then its order, its widths, its jobs with their steps. */
export function plannedWorkText(work: PlannedWork, { paint, columns }: PlannedWorkStyle): string {
  const { name, violations, jobs, planHash } = work;
  const isValid = violations.length === 0;
  const verdict = isValid
    ? paint("good", "✓ valid")
    : paint("bad", `✗ not valid: ${counted(violations.length, "problem")}`);
  const byKey = new Map(jobs.map((job) => [job.key, job]));
  const listed = work.order.flatMap((key) => byKey.get(key) ?? []);
  const shown = listed.slice(0, JOBS_LISTED);
  return [
    `${verdict}  ${safeText(name)}`,
    ...problemLines(work),
    ...(isValid ? [`Plan hash: ${safeText(planHash)}`] : []),
    `Jobs: ${jobs.length}, at most ${work.maxWorkers} at a time`,
    `Widths: ${work.widths.join(", ")}`,
    "Order:",
    ...shown.flatMap((job, place) => jobLines(job, place).map((line) => fit(line, columns))),
    ...(listed.length > shown.length ? [`  ... ${listed.length - shown.length} more; --json lists all`] : []),
    "",
  ].join("\n");
}

function problemLines({ violations }: PlannedWork): readonly string[] {
  const listed = violations.slice(0, VIOLATIONS_LISTED);
  return [
    ...listed.map(({ field, description }) => `  ${safeText(field)}  ${safeText(description)}`),
    ...(violations.length > listed.length ? [`  and ${violations.length - listed.length} more`] : []),
  ];
}

function jobLines(job: PlannedJobView, place: number): readonly string[] {
  const facts = [
    job.needs.length === 0 ? "" : `needs ${job.needs.map(safeText).join(", ")}`,
    job.gate === undefined ? "" : `${job.gate} gate`,
    job.maxAttempts > 1 ? `up to ${job.maxAttempts} attempts` : "",
  ].filter((fact) => fact !== "");
  const about = facts.length === 0 ? "" : `  (${facts.join("; ")})`;
  return [
    `  ${place + 1}. ${safeText(job.key)}${about}`,
    ...job.steps.map((step) => stepLine(step, "")),
    ...job.compensate.map((step) => stepLine(step, "undone by ")),
  ];
}

function stepLine({ stepType, target, timeoutSeconds }: PlannedStepView, before: string): string {
  return `       ${before}${safeText(stepType)}  ${safeText(target)}  (at most ${timeoutSeconds} s)`;
}

/** The same for programs. */
export function plannedWorkJson({
  name,
  planHash,
  violations,
  order,
  widths,
  maxWorkers,
  jobs,
}: PlannedWork): JsonObject {
  return {
    valid: violations.length === 0,
    plan: name,
    plan_hash: planHash === "" ? null : planHash,
    violations: violations.map(({ field, description }) => ({ field, description })),
    order: [...order],
    widths: [...widths],
    max_workers: maxWorkers,
    jobs: jobs.map((job) => ({
      key: job.key,
      needs: [...job.needs],
      gate: job.gate ?? null,
      max_attempts: job.maxAttempts,
      steps: job.steps.map(snakeCase),
      compensate: job.compensate.map(snakeCase),
    })),
  };
}
