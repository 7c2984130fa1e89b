import type { EvidenceRecord, StoredRecord } from "#evidence";
import type { ChangeRequest, Contract, ContractState, RolloutStage } from "#governance";
import type { Json, JsonObject } from "#model";
import { assert, Fault } from "#model";

/** The deciders whose verdicts stand in a contract's log. */
export type Decider = "validator" | "eligibility" | "audit";

/** A verdict as it was recorded: what was looked at, and what was said of it. */
export interface RecordedVerdict {
  readonly decider: Decider;
  /** CREATE_CONTRACT and so on; MAY or MAY_NOT; PASS, FAIL or INCONCLUSIVE. */
  readonly decision: string;
  readonly reason: string;
  readonly rulesVersion: string;
  readonly facts: Json;
  readonly verdict: JsonObject;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly by: string;
}

/** What is known of a contract: a fold of its log. */
export interface ContractRecord {
  readonly contract: Contract;
  readonly request: ChangeRequest;
  readonly requestHash: string;
  readonly submittedAt: string;
  /** The last one of each decider. Of audits, also a person's word about one. */
  readonly verdicts: Readonly<Partial<Record<Decider, RecordedVerdict>>>;
  /** The audit as the machine has found it. */
  readonly foundAudit?: RecordedVerdict;
  /** How the world stood when the job was started; present from ACTIVE on. */
  readonly baseline?: Baseline;
  readonly rollback?: { readonly jobId: string; readonly status: RollbackStatus; readonly reason: string };
  readonly rollout?: { readonly stage: RolloutStage; readonly since: string };
  /** Number of records. */
  readonly size: number;
  /** Hash of the last one. */
  readonly head: string;
}

/** What the audit compares with. */
export interface Baseline {
  /** Changes of the platform before. */
  readonly journalHead: number;
  readonly health: string;
  readonly at: string;
}

/** What became of undoing a change. */
export type RollbackStatus = "RUNNING" | "SUCCEEDED" | "FAILED";

/** What the records of a contract's log say, all of them in order. @throws {Fault} EVIDENCE_BROKEN if they are none. */
export function foldContract(records: readonly StoredRecord[]): ContractRecord {
  const [first, ...rest] = records.map(({ record }) => record);
  if (first?.event_type !== "contract.submitted")
    throw new Fault("EVIDENCE_BROKEN", "The log of a contract does not begin with contract.submitted: verify it.");
  let state = opened(first);
  for (const record of rest) state = { ...fold(state, record), size: state.size + 1, head: record.hash };
  return state;
}

function opened(record: EvidenceRecord): ContractRecord {
  const { request, request_hash: requestHash, expires_at: expiresAt } = record.data ?? {};
  return {
    contract: {
      contractId: record.run_id,
      version: 1,
      state: "DRAFT",
      submittedBy: record.actor,
      expiresAt: text(expiresAt),
    },
    request: request as unknown as ChangeRequest, // written by the keeper, from a request that was read
    requestHash: text(requestHash),
    submittedAt: record.timestamp_utc,
    verdicts: {},
    size: 1,
    head: record.hash,
  };
}

function fold(state: ContractRecord, record: EvidenceRecord): ContractRecord {
  if (record.event_type === "contract.transitioned") return transitioned(state, record);
  if (record.event_type === "contract.verdict") return judged(state, record);
  if (record.event_type === "contract.rollback") {
    const status = text(record.status) as RollbackStatus; // written by the keeper
    return { ...state, rollback: { jobId: text(record.job_id), status, reason: record.reason ?? "" } };
  }
  if (record.event_type === "contract.rollout") {
    const stage = text(record.status) as RolloutStage; // written by the keeper
    return { ...state, rollout: { stage, since: record.timestamp_utc } };
  }
  return state; // checkpoints and recoveries say nothing of the contract
}

function judged(state: ContractRecord, record: EvidenceRecord): ContractRecord {
  const { decider, rules_version: rulesVersion, facts = null, verdict = {} } = record.data ?? {};
  const said: RecordedVerdict = {
    decider: text(decider) as Decider, // written by the keeper
    decision: text(record.status),
    reason: record.reason ?? "",
    rulesVersion: text(rulesVersion),
    facts,
    verdict: verdict as JsonObject, // written by the keeper
    at: record.timestamp_utc,
    by: record.actor,
  };
  const isFound = said.decider === "audit" && state.foundAudit === undefined;
  return {
    ...state,
    verdicts: { ...state.verdicts, [said.decider]: said },
    ...(isFound && { foundAudit: said }),
  };
}

function transitioned(state: ContractRecord, record: EvidenceRecord): ContractRecord {
  const to = text(record.status) as ContractState; // written by the keeper, after governance has allowed it
  const { activation_ends_at: endsAt, version, journal_head: journalHead, health } = record.data ?? {};
  const at = record.timestamp_utc;
  const contract: Contract = {
    ...state.contract,
    state: to,
    version: Number(version),
    changedAt: at,
    changedBy: record.actor,
    ...(record.reason !== undefined && { reason: record.reason }),
    ...(to === "ELIGIBLE" && { eligibility: "MAY", planHash: text(record.plan_hash) }),
    ...(to === "APPROVED" && { approvedBy: record.actor, approvedAt: at, activationEndsAt: text(endsAt) }),
    ...(to === "ACTIVE" && { jobId: text(record.job_id) }),
    ...(to === "COMPLETED" && { audit: { jobId: text(record.job_id), verdict: "PASS" } }),
  };
  if (to !== "ACTIVE") return { ...state, contract };
  return { ...state, contract, baseline: { journalHead: Number(journalHead), health: text(health), at } };
}

function text(value: Json | undefined): string {
  assert(typeof value === "string", "the keeper writes what it reads");
  return value;
}
