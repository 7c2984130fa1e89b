import { seen } from "../../phrase.ts";
import { sameJson } from "../../same-json.ts";
import { concluded, sentences } from "../finding.ts";
import type { Finding, Objections } from "../finding.ts";
import type { ReadApprovedStep, ReadAudit, ReadLog } from "../read-audit-facts.ts";

/**
 * what ran is what was approved, all of it succeeded, and the journal shows each approved value. It is the
 * journal that is asked for the effect, never the handler.
 */
export function checkFidelity(audit: ReadAudit): Finding {
  const { approved, log, isChainBroken } = audit;
  const { steps } = approved;
  if (isChainBroken) return concluded({ wrong: ["The log's chain of hashes is broken."], unreadable: [] }, "");
  if (log === undefined) return concluded({ wrong: [], unreadable: ["The log is unreadable."] }, "");
  const effects = (steps ?? []).map((step, index) => effectProblems(step, index, audit));
  const wrong = [
    ...jobProblems(audit, log),
    ...(steps?.length === 0 ? ["The approved plan has no steps, so nothing can have been carried out."] : []),
    ...(steps === undefined ? [] : stepProblems(steps, log)),
    ...effects.flatMap((effect) => effect.wrong),
  ];
  const unreadable = [
    ...sentences([
      steps === undefined && "The approved steps are unreadable.",
      approved.jobId === undefined && "The approved job is unreadable.",
      approved.contractId === undefined && "The approved contract is unreadable.",
      log.steps === undefined && "The log's steps are unreadable.",
      audit.journal.flaw,
    ]),
    ...effects.flatMap((effect) => effect.unreadable),
  ];
  return concluded(
    { wrong, unreadable },
    `All ${effects.length} step(s) ran as approved, and their values stand in the journal.`,
  );
}

function jobProblems({ approved }: ReadAudit, log: ReadLog): readonly string[] {
  const { jobId, contractId } = approved;
  return sentences([
    jobId !== undefined && log.jobId !== jobId && `The log is of job ${seen(log.jobId)}, not of ${seen(jobId)}.`,
    contractId !== undefined &&
      log.contractId !== contractId &&
      `The log is of contract ${seen(log.contractId)}, not of ${seen(contractId)}.`,
    log.ended !== true && "The log does not say that the job ended.",
    log.finalStatus !== "COMPLETED" && `The job ended ${seen(log.finalStatus)}, not COMPLETED.`,
  ]);
}

function stepProblems(steps: readonly ReadApprovedStep[], { steps: logged }: ReadLog): readonly string[] {
  if (logged === undefined) return [];
  const counts = logged.length === steps.length ? [] : [`Of ${steps.length} approved step(s), ${logged.length} ran.`];
  const each = logged.map((ran, index) => {
    const step = steps[index];
    if (step === undefined) return `A step ran at place ${index}, where none was approved.`;
    const what = `The step that ran at place ${index}`;
    if (ran.stepIndex !== index) return `${what} is step ${seen(ran.stepIndex)}; the order must be that of the plan.`;
    if (ran.stepType !== step.stepType) return `${what} is ${seen(ran.stepType)}, not ${seen(step.stepType)}.`;
    if (ran.target !== step.target) return `${what} was aimed at ${seen(ran.target)}, not ${seen(step.target)}.`;
    if (ran.inputsHash !== step.inputsHash) return `${what} was given other parameters than the approved ones.`;
    return ran.status !== "succeeded" && `${what} is ${seen(ran.status)}, not succeeded.`;
  });
  return [...counts, ...sentences(each)];
}

/** Whether the approved value was put there by this step, or stood there already. */
function effectProblems(step: ReadApprovedStep, index: number, { journal, standing }: ReadAudit): Objections {
  const entries = journal.byStep.get(index) ?? [];
  const { target, after } = step;
  const other = entries.find((entry) => entry.key === target && !sameJson(entry.after, after));
  if (other !== undefined) {
    const wrong = `Entry ${other.seq} of the journal, by step ${index}, shows another value at ${seen(target)} than the approved one.`;
    return { wrong: [wrong], unreadable: [] };
  }
  if (entries.some((entry) => entry.key === target) || journal.flaw !== undefined) return { wrong: [], unreadable: [] };
  if (standing === undefined) {
    const unreadable = `Step ${index} left no entry in the journal, and what stands at ${seen(target)} is unreadable.`;
    return { wrong: [], unreadable: [unreadable] };
  }
  if (sameJson(standing.get(target), after)) return { wrong: [], unreadable: [] };
  const wrong = `Step ${index} left no entry in the journal, and the approved value does not stand at ${seen(target)}.`;
  return { wrong: [wrong], unreadable: [] };
}
