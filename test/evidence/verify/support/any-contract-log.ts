import fc from "fast-check";
import type { RecordDraft } from "#evidence";
import {
  CONTRACT_JOB,
  CONTRACT_PLAN_HASH,
  rollback,
  rollout,
  submitted,
  transitioned,
  verdict,
} from "../../support/contract-log.ts";
import { draft } from "../../support/drafts.ts";

const STAGES = ["NOT_VISIBLE", "PLANNED", "INTERNAL", "LIMITED", "GENERAL"];

/** How far a contract comes on its way, counted in transitions, and how it leaves the way there; undefined = it stays open. */
interface Way {
  readonly length: number;
  readonly leaves: "REJECTED" | "EXPIRED" | "FAILED" | undefined;
  /** What else is told: before each transition, and behind the last. */
  readonly asides: readonly (readonly number[])[];
  readonly names: readonly [submitter: string, approver: string];
  readonly text: string;
}

const aside = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });
const way: fc.Arbitrary<Way> = fc.record({
  length: fc.nat({ max: 5 }),
  leaves: fc.constantFrom("REJECTED", "EXPIRED", "FAILED", undefined),
  asides: fc.array(aside, { minLength: 7, maxLength: 7 }),
  names: fc.constantFrom<[string, string][]>(["ada", "grace"], ["lovelace", "lovelac"], ["ä", "a"]),
  text: fc.string({ unit: "grapheme", maxLength: 20 }),
});

/** The records of a contract that went any way that the laws allow. */
export const anyContractLog: fc.Arbitrary<readonly RecordDraft[]> = way.map(recordsOf);

const FORWARD = ["DRAFT", "VALIDATED", "ELIGIBLE", "APPROVED", "ACTIVE", "COMPLETED"];

function recordsOf({ length, leaves, asides, names: [submitter, approver], text }: Way): readonly RecordDraft[] {
  const records: RecordDraft[] = [submitted({ actor: submitter, data: { ...submitted().data, text } })];
  let state = "DRAFT";
  for (let step = 0; step < length; step += 1) {
    for (const kind of asides[step] ?? []) records.push(beside(kind, { isTerminal: false, text }));
    const to = FORWARD[step + 1] ?? "";
    records.push(...decided(to), transitioned(state, to, { version: step + 2, actor: approver, ...needed(to) }));
    state = to;
  }
  const left = leaves === undefined || !mayLeave(state, leaves) ? undefined : leaves;
  if (left !== undefined) records.push(transitioned(state, left, { version: length + 2, reason: `because ${text}` }));
  for (const kind of asides[6] ?? [])
    records.push(beside(kind, { isTerminal: length === 5 || left !== undefined, text }));
  return records;
}

function decided(to: string): readonly RecordDraft[] {
  if (to === "VALIDATED") return [verdict("validator", "create_contract")];
  if (to === "ELIGIBLE") return [verdict("eligibility", "MAY")];
  return to === "COMPLETED" ? [verdict("audit", "PASS", { job_id: CONTRACT_JOB })] : [];
}

function needed(to: string): Partial<RecordDraft> {
  if (to === "APPROVED") return { plan_hash: CONTRACT_PLAN_HASH };
  return to === "ACTIVE" ? { job_id: CONTRACT_JOB } : {};
}

function mayLeave(state: string, to: string): boolean {
  const isEarly = state === "DRAFT" || state === "VALIDATED" || state === "ELIGIBLE";
  return to === "FAILED" ? state === "APPROVED" || state === "ACTIVE" : isEarly;
}

/** A record that changes nothing. */
function beside(
  kind: number,
  { isTerminal, text }: { readonly isTerminal: boolean; readonly text: string },
): RecordDraft {
  const stage = STAGES[text.length % STAGES.length] ?? "";
  if (kind === 0) return rollback("RUNNING", { reason: text });
  if (kind === 1) return rollout(stage);
  if (kind === 2) return verdict("audit", "INCONCLUSIVE", { job_id: CONTRACT_JOB });
  if (isTerminal || kind === 3) return verdict("validator", "defer");
  return draft("log.checkpoint", { data: { text } });
}
