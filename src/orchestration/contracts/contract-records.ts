import { LOG_SCHEMA } from "#evidence";
import type { RecordDraft } from "#evidence";
import type { ChangeRequest, Contract, RolloutStage } from "#governance";
import type { Json, JsonObject } from "#model";
import type { Baseline, Decider, RollbackStatus } from "./contract-state.ts";

/** Who speaks where a machine does. */
export const MACHINE = "verbatim";

/** When, by whom, of which contract. */
export interface Word {
  readonly contractId: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly actor: string;
}

/** The first record: the claim on the contract's id. */
export function submittedRecord(
  word: Word,
  { request, requestHash, expiresAt }: { request: ChangeRequest; requestHash: string; expiresAt: string },
): RecordDraft {
  return {
    event_type: "contract.submitted",
    ...common(word),
    status: "DRAFT",
    schema: LOG_SCHEMA,
    data: { request: request as unknown as JsonObject, request_hash: requestHash, expires_at: expiresAt }, // JSON, as it was read
  };
}

/** What a decider, or a person about an audit, has said. */
export interface SaidVerdict {
  readonly decider: Decider;
  readonly decision: string;
  readonly reason: string;
  readonly rulesVersion: string;
  readonly facts: unknown;
  readonly verdict: unknown;
  /** Of an audit: the job that was looked at. */
  readonly jobId?: string;
}

/** A verdict, with all that was looked at: from that it can be computed again. */
export function verdictRecord(word: Word, said: SaidVerdict): RecordDraft {
  const { decider, decision, reason, rulesVersion, facts, verdict, jobId } = said;
  return {
    event_type: "contract.verdict",
    ...common(word),
    ...(jobId !== undefined && { job_id: jobId }),
    status: decision,
    reason,
    // deciders take JSON and give JSON
    data: { decider, rules_version: rulesVersion, facts: facts as Json, verdict: verdict as Json },
  };
}

/** A transition that governance has allowed. */
export interface Transition {
  readonly from: Contract;
  readonly to: Contract;
  /** For ACTIVE: what the audit will compare with. */
  readonly baseline?: Baseline | undefined;
}

/** The transition that governance has allowed. */
export function transitionRecord(word: Word, { from, to, baseline }: Transition): RecordDraft {
  return {
    event_type: "contract.transitioned",
    ...common(word),
    ...(to.jobId !== undefined && { job_id: to.jobId }),
    status: to.state,
    ...(to.reason !== undefined && { reason: to.reason }),
    ...(to.planHash !== undefined && { plan_hash: to.planHash }),
    data: {
      version: to.version,
      from: from.state,
      ...(to.state === "APPROVED" && { activation_ends_at: to.activationEndsAt ?? "" }),
      ...(baseline !== undefined && { journal_head: baseline.journalHead, health: baseline.health }),
    },
  };
}

/** What becomes of undoing a change. */
export function rollbackRecord(
  word: Word,
  { jobId, status, reason }: { jobId: string; status: RollbackStatus; reason: string },
): RecordDraft {
  return { event_type: "contract.rollback", ...common(word), job_id: jobId, status, reason };
}

/** How far a change is visible from now on. */
export function rolloutRecord(word: Word, from: RolloutStage, to: RolloutStage): RecordDraft {
  return { event_type: "contract.rollout", ...common(word), status: to, data: { from } };
}

function common({ contractId, at, actor }: Word) {
  return { timestamp_utc: at, actor, attempt: 0, contract_id: contractId };
}
