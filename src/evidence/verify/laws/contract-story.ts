import { isTerminal } from "../../log-kind.ts";
import type { SaidRecord } from "../said-record.ts";
import { isSeq } from "../said-record.ts";
import { memberOf } from "./declared-run.ts";

/** An audit, as the last verdict on the job says it. */
export interface ToldAudit {
  readonly status: string | undefined;
  readonly jobId: string | undefined;
}

/** What the log of a contract says; undefined is what it does not say. */
export interface ContractFacts {
  readonly state: string | undefined;
  /** 1 for a draft, one more for each transition. */
  readonly version: number;
  readonly isTerminal: boolean;
  /** The actor of `contract.submitted`. */
  readonly submittedBy: string | undefined;
  readonly requestHash: string | undefined;
  /** The actor of the transition to APPROVED. */
  readonly approvedBy: string | undefined;
  /** Hash of the plan that was approved. */
  readonly planHash: string | undefined;
  /** The job of the transition to ACTIVE. */
  readonly jobId: string | undefined;
  /** The last decision of the eligibility rules. */
  readonly eligibility: string | undefined;
  readonly audit: ToldAudit | undefined;
  /** Status of the last `contract.rollback`, and of the last `contract.rollout`. */
  readonly rollback: string | undefined;
  readonly rollout: string | undefined;
}

type Growing = { -readonly [Name in keyof ContractFacts]: ContractFacts[Name] };

/** Reads what the log of a contract says, record by record, without a judgement of it. */
export class ContractStory {
  /** Who must not approve: who wrote the first record, and whom the request names. */
  readonly submitters = new Set<string>();
  /** Deciders of which there was a verdict. */
  readonly deciders = new Set<unknown>();
  readonly #facts: Growing = {
    state: undefined,
    version: 0,
    isTerminal: false,
    submittedBy: undefined,
    requestHash: undefined,
    approvedBy: undefined,
    planHash: undefined,
    jobId: undefined,
    eligibility: undefined,
    audit: undefined,
    rollback: undefined,
    rollout: undefined,
  };

  get facts(): ContractFacts {
    return this.#facts;
  }

  take(record: SaidRecord): void {
    const status = text(record.status);
    switch (record.event_type) {
      case "contract.submitted":
        return this.#submitted(record);
      case "contract.verdict":
        return this.#judged(record);
      case "contract.transitioned":
        return this.#transitioned(record);
      case "contract.rollback":
        this.#facts.rollback = status;
        return undefined;
      case "contract.rollout":
        this.#facts.rollout = status;
        return undefined;
      default:
        return undefined;
    }
  }

  #submitted({ actor, status, data }: SaidRecord): void {
    const facts = this.#facts;
    const request = memberOf(data, "request");
    for (const name of [actor, memberOf(request, "submitted_by"), memberOf(request, "submittedBy")])
      if (typeof name === "string") this.submitters.add(identity(name));
    facts.state = text(status);
    facts.version = 1;
    facts.submittedBy = text(actor);
    facts.requestHash = text(memberOf(data, "request_hash"));
  }

  #judged({ data, status, job_id: jobId }: SaidRecord): void {
    const decider = memberOf(data, "decider");
    this.deciders.add(typeof decider === "string" ? decider : undefined);
    if (decider === "eligibility") this.#facts.eligibility = text(status);
    if (decider === "audit") this.#facts.audit = { status: text(status), jobId: text(jobId) };
  }

  #transitioned(record: SaidRecord): void {
    const { status, actor, plan_hash: planHash, job_id: jobId, data } = record;
    const facts = this.#facts;
    const version = memberOf(data, "version");
    facts.state = text(status);
    facts.version = isSeq(version) ? version : facts.version + 1;
    facts.isTerminal ||= isTerminal(record);
    if (status === "APPROVED") {
      facts.approvedBy = text(actor);
      facts.planHash = text(planHash);
    }
    if (status === "ACTIVE") facts.jobId = text(jobId);
  }
}

/** Two spellings of one name are one person: case, width and surrounding blanks make no second pair of eyes. */
export function identity(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
