import { seen } from "../../phrase.ts";
import type { ReadApproved } from "../read-audit-facts.ts";
import type { ReadEntry } from "../read-journal.ts";

/** Why an entry that the audited job made is not of its plan: one sentence, undefined if it is. */
export function outsidePlan(entry: ReadEntry, { steps, scope }: ReadApproved): string | undefined {
  const { seq, key, by, stepIndex } = entry;
  const what = `Entry ${seq} of the journal, by ${seen(by)}, changed ${seen(key)}`;
  if (scope?.has(key) === false) return `${what}, which is outside the approved scope.`;
  if (steps === undefined) return undefined;
  const step = stepIndex === undefined ? undefined : steps[stepIndex];
  if (step === undefined) return `${what}, and the plan has no such step.`;
  return step.target === key ? undefined : `${what}, but that step's target is ${seen(step.target)}.`;
}

/** What of the plan could not be read, for the checks that hold entries against it. */
export function planFlaws({ jobId, steps, scope }: ReadApproved): readonly string[] {
  const missing = [
    ...(jobId === undefined ? ["job"] : []),
    ...(steps === undefined ? ["steps"] : []),
    ...(scope === undefined ? ["scope"] : []),
  ];
  return missing.length === 0 ? [] : [`What was approved is unreadable: ${missing.join(", ")}.`];
}
