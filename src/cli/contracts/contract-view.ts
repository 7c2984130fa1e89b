import type { ToldContract, ToldContractState, ToldVerdict } from "#api";
import type { JsonObject } from "#model";
import { fit, pad, widthOf } from "../text/fit.ts";
import type { Paint, Tone } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";

const MARKS: Readonly<Record<ToldContractState, readonly [glyph: string, tone: Tone]>> = {
  DRAFT: ["·", "quiet"],
  VALIDATED: ["·", "quiet"],
  ELIGIBLE: ["◆", "doubtful"],
  APPROVED: ["▸", "strong"],
  ACTIVE: ["▸", "strong"],
  COMPLETED: ["✓", "good"],
  FAILED: ["✗", "bad"],
  REJECTED: ["⊘", "bad"],
  EXPIRED: ["■", "quiet"],
};

const LABEL_COLUMNS = 13;

/** Glyph and word of a contract's state. */
export function contractWord(state: ToldContractState, paint: Paint): string {
  const [glyph, tone] = MARKS[state];
  return paint(tone, `${glyph} ${state}`);
}

/** What there is to know of a contract, for people. */
export function contractText(contract: ToldContract, { paint }: { readonly paint: Paint }): string {
  const { title, submittedBy, submittedAt, source, reference, validation, eligibility, audit } = contract;
  const facts: readonly (readonly [string, string])[] = [
    ["request", `${source} ${reference}: ${title}`],
    ["submitted by", `${submittedBy} at ${submittedAt}`],
    ...contract.plan.map(({ stepType, target, parameters }, index) => {
      const given = JSON.stringify(parameters);
      return [index === 0 ? "plan" : "", `${stepType} ${target}${given === "{}" ? "" : ` ${given}`}`] as const;
    }),
    ["plan hash", contract.planHash],
    ["validator", verdictWords(validation)],
    ["eligibility", verdictWords(eligibility)],
    ["approved by", contract.approvedBy],
    ["activate", contract.state === "APPROVED" ? `before ${contract.activationEndsAt}` : ""],
    ["expires", contract.state === "ELIGIBLE" ? contract.expiresAt : ""],
    ["job", contract.jobId],
    ["audit", verdictWords(audit)],
    ["rollback", contract.rollback],
    ["rollout", contract.state === "COMPLETED" ? contract.rollout : ""],
    ["reason", contract.reason],
    ["log", `${contract.logSize} records, head ${contract.logHead}`],
  ];
  const lines = facts
    .filter(([, fact]) => fact !== "")
    .map(([label, fact]) => `  ${label.padEnd(LABEL_COLUMNS)} ${safeText(fact)}`);
  const first = `${contractWord(contract.state, paint)}  ${safeText(contract.contractId)}  version ${contract.version}`;
  return `${[first, ...lines].join("\n")}\n`;
}

function verdictWords(verdict: ToldVerdict | undefined): string {
  return verdict === undefined ? "" : `${verdict.decision} - ${verdict.reason}`;
}

/** One line a contract. */
export function contractListText(
  contracts: readonly ToldContract[],
  { paint, columns, more }: { readonly paint: Paint; readonly columns: number; readonly more: boolean },
): string {
  if (contracts.length === 0) return "No contracts.\n";
  const ids = Math.max(...contracts.map(({ contractId }) => widthOf(safeText(contractId))));
  const lines = contracts.map(({ contractId, state, title, submittedBy, reason }) => {
    const about = `${safeText(title)}  (${safeText(submittedBy)})  ${safeText(reason)}`.trimEnd();
    const word = `${MARKS[state][0]} ${state}`;
    return `${contractWord(state, paint)}${" ".repeat(11 - widthOf(word))}  ${fit(`${pad(safeText(contractId), ids)}  ${about}`, columns - 13)}`;
  });
  return [...lines, ...(more ? ["... there are more; --limit lists more"] : []), ""].join("\n");
}

/** A contract for programs: names as in the log. */
export function contractJson(contract: ToldContract): JsonObject {
  return {
    contract_id: contract.contractId,
    version: contract.version,
    state: contract.state,
    source: contract.source,
    reference: contract.reference,
    submitted_by: contract.submittedBy,
    submitted_at: contract.submittedAt,
    title: contract.title,
    changes: contract.changes,
    capabilities: contract.capabilities,
    expires_at: contract.expiresAt,
    reason: contract.reason,
    plan_hash: contract.planHash,
    plan: contract.plan.map(({ stepType, target, parameters }) => ({ step_type: stepType, target, parameters })),
    approved_by: contract.approvedBy,
    activation_ends_at: contract.activationEndsAt,
    job_id: contract.jobId,
    validation: verdictJson(contract.validation),
    eligibility: verdictJson(contract.eligibility),
    audit: verdictJson(contract.audit),
    rollback: contract.rollback,
    rollout: contract.rollout,
    changed_at: contract.changedAt,
    changed_by: contract.changedBy,
    log_size: contract.logSize,
    log_head: contract.logHead,
  };
}

function verdictJson(verdict: ToldVerdict | undefined): JsonObject | null {
  if (verdict === undefined) return null;
  return { decision: verdict.decision, reason: verdict.reason, rules_version: verdict.rulesVersion };
}
