import type { ContractFacts, LogReport } from "#evidence";
import type { JsonObject } from "#model";
import { safeText } from "../text/safe-text.ts";

/** What the laws of a contract's log prove. */
export const CONTRACT_LAWS_PROVEN =
  "the records keep the laws: the contract went only through states that may follow one another, one version after the other; it was approved by somebody else than who submitted it, together with the plan's hash; eligibility was MAY whenever it had to be; and it completed only after an audit with PASS of its own job";

/** The contract as its log tells it, a line each; names and states that the log does not say are left out. */
export function contractLines(facts: ContractFacts): readonly string[] {
  const { state, version, submittedBy, approvedBy, planHash, jobId, audit, rollback, rollout } = facts;
  const told: readonly (readonly [name: string, value: string | undefined])[] = [
    ["State", state === undefined ? undefined : `${state}, version ${version}`],
    ["Submitted by", submittedBy],
    ["Approved by", approvedBy],
    ["Plan approved", planHash],
    ["Job", jobId],
    ["Audit", audit === undefined ? undefined : `${audit.status ?? "?"} of job ${audit.jobId ?? "?"}`],
    ["Rollback", rollback],
    ["Rollout", rollout],
  ];
  return told.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${safeText(value)}`]));
}

/** The same for programs. */
export function contractJson(facts: ContractFacts): JsonObject {
  const { audit } = facts;
  return {
    state: facts.state ?? null,
    version: facts.version,
    terminal: facts.isTerminal,
    submitted_by: facts.submittedBy ?? null,
    request_hash: facts.requestHash ?? null,
    eligibility: facts.eligibility ?? null,
    approved_by: facts.approvedBy ?? null,
    plan_hash: facts.planHash ?? null,
    job_id: facts.jobId ?? null,
    audit: audit === undefined ? null : { status: audit.status ?? null, job_id: audit.jobId ?? null },
    rollback: facts.rollback ?? null,
    rollout: facts.rollout ?? null,
  };
}

/** What a contract's log says of the contract, where all of it holds. */
export function contractProven({ contract, complete }: LogReport): readonly string[] {
  if (contract === undefined) return [];
  const { state, submittedBy, approvedBy, jobId, audit } = contract;
  const told = [
    `${safeText(submittedBy ?? "somebody")} submitted it`,
    ...(approvedBy === undefined ? [] : [`${safeText(approvedBy)} approved it`]),
    ...(jobId === undefined ? [] : [`job ${safeText(jobId)} carries it out`]),
    ...(audit === undefined ? [] : [`the last audit says ${safeText(audit.status ?? "nothing")}`]),
  ];
  const end = complete ? "which it cannot leave" : "which it can still leave";
  return [`what the log says: ${told.join(", ")}, and it is ${safeText(state ?? "in no state")}, ${end}`];
}

/** What the log of a contract does not prove, whatever it says. */
export function contractNotProven({ contract, complete }: LogReport): readonly string[] {
  const jobId = contract?.jobId;
  return [
    ...(complete
      ? ["that nothing was told behind the end: verdicts, rollback or rollout may stand there, and may have been cut"]
      : [
          "that nothing is missing at the end: the contract is in no state that it cannot leave (it goes on, or the end was cut)",
        ]),
    ...(jobId === undefined
      ? []
      : [`what the job did: that stands in its own log; verify it as well (verbatim verify ${safeText(jobId)})`]),
    "that a verdict is right: the facts that it was made of stand beside it, and it can be computed again from them",
  ];
}
