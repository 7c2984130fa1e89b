import type { Violation } from "./fault.ts";
import type { Job } from "./job.ts";
import { LIMITS } from "./limits.ts";
import type { JobStep } from "./step.ts";

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const STEP_TYPE = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*$/;
const VIOLATIONS_LISTED = 100;

/** All problems of a job's form, in the order of its members; the first 100. Parameters are checked by their step type. */
export function jobViolations(job: Job): readonly Violation[] {
  const violations: Violation[] = [];
  const tell = (field: string, description: string): void => {
    if (violations.length < VIOLATIONS_LISTED) violations.push({ field, description });
  };
  if (!ID.test(job.jobId)) tell("job_id", idText(job.jobId));
  if (!ID.test(job.contractId)) tell("contract_id", idText(job.contractId));
  if (job.attemptOf !== undefined && !ID.test(job.attemptOf)) tell("attempt_of", idText(job.attemptOf));
  checkText(job.executedBy, { field: "executed_by", max: LIMITS.idCharacters, min: 1 }, tell);
  if (job.timeoutSeconds !== undefined) checkSeconds(job.timeoutSeconds, "job_timeout_seconds", tell);
  if (job.steps.length > LIMITS.stepsPerJob) {
    tell("steps", `has ${job.steps.length} steps; at most ${LIMITS.stepsPerJob} are allowed: split the job`);
    return violations;
  }
  for (const [position, step] of job.steps.entries()) checkStep(step, position, tell);
  return violations;
}

type Tell = (field: string, description: string) => void;

function checkStep(step: JobStep, position: number, tell: Tell): void {
  if (step.stepIndex !== position) {
    tell(`steps[${position}].step_index`, `is ${step.stepIndex}; it must equal the position in the list, ${position}`);
  }
  if (!STEP_TYPE.test(step.stepType) || step.stepType.length > LIMITS.idCharacters) {
    tell(
      `steps[${position}].step_type`,
      `is ${shown(step.stepType)}; expected a name such as command.run, at most ${LIMITS.idCharacters} characters`,
    );
  }
  if (step.target.length > 0)
    checkText(step.target, { field: `steps[${position}].target`, max: LIMITS.targetCharacters, min: 0 }, tell);
  checkSeconds(step.timeoutSeconds, `steps[${position}].timeout_seconds`, tell);
}

function checkText(
  text: string,
  rule: { readonly field: string; readonly min: number; readonly max: number },
  tell: Tell,
): void {
  if (text.length < rule.min || text.length > rule.max)
    tell(rule.field, `has ${text.length} characters; expected ${rule.min} to ${rule.max}`);
  if (!text.isWellFormed()) tell(rule.field, "has a lone surrogate; expected well-formed Unicode");
}

function checkSeconds(seconds: number, field: string, tell: Tell): void {
  if (!(seconds > 0 && seconds <= LIMITS.timeoutSeconds)) {
    tell(field, `is ${seconds}; expected seconds, more than 0 and at most ${LIMITS.timeoutSeconds}`);
  }
}

function idText(id: string): string {
  return `is ${shown(id)}; expected 1 to ${LIMITS.idCharacters} of A-Z a-z 0-9 . _ - with a letter or digit first`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
