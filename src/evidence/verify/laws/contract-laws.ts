import type { Json } from "#model";
import { isBehindTerminal } from "../../log-kind.ts";
import { valueDigest } from "../digest-of.ts";
import { shown } from "../problems.ts";
import type { SaidRecord } from "../said-record.ts";
import type { TellBreach } from "./attempt-laws.ts";
import { contractMayGo } from "./contract-states.ts";
import { identity } from "./contract-story.ts";
import type { ContractStory } from "./contract-story.ts";
import { memberOf } from "./declared-run.ts";

/**
 * Holds the records of a contract to what a contract can go through: its states and versions, who may approve, what each state
 * needs, and the verdicts that it needs before it. Times are not looked at: they are advisory.
 */
export class ContractLaws {
  readonly #story: ContractStory;
  readonly #tell: TellBreach;

  /** `story` is what was said before the record that is judged. */
  constructor(story: ContractStory, tell: TellBreach) {
    this.#story = story;
    this.#tell = tell;
  }

  judge(record: SaidRecord): void {
    if (this.#story.facts.isTerminal && !isBehindTerminal(record)) return this.#tellBehind(record);
    switch (record.event_type) {
      case "contract.submitted":
        return this.#checkSubmitted(record);
      case "contract.verdict":
        return this.#checkVerdict(record);
      case "contract.transitioned":
        return this.#checkTransition(record);
      default:
        return undefined;
    }
  }

  #tellBehind({ event_type: type }: SaidRecord): void {
    const { state } = this.#story.facts;
    this.#tell("CONTRACT_AFTER_END", `${shown(type)} stands behind the end of the contract, which was ${shown(state)}`);
  }

  #checkSubmitted({ status, data }: SaidRecord): void {
    if (status !== "DRAFT") this.#tell("CONTRACT_STATE", `the contract began as ${shown(status)}, expected "DRAFT"`);
    const [request, said] = [memberOf(data, "request"), memberOf(data, "request_hash")];
    if (request === undefined || said === undefined)
      return this.#tell("CONTRACT_GROUND", "contract.submitted does not say the request and its request_hash");
    if (valueDigest(request as Json) !== said)
      // it came out of JSON
      this.#tell("CONTRACT_GROUND", `request_hash ${shown(said)} is not the hash of the request`);
  }

  #checkVerdict({ data, status }: SaidRecord): void {
    const decider = memberOf(data, "decider");
    if (typeof decider === "string" && typeof status === "string") return;
    this.#tell(
      "CONTRACT_VERDICT",
      `a verdict of ${shown(decider)} says ${shown(status)}: who decided what is not told`,
    );
  }

  #checkTransition(record: SaidRecord): void {
    const { status: to, data } = record;
    const { state, version } = this.#story.facts;
    const [from, next] = [memberOf(data, "from"), memberOf(data, "version")];
    if (from !== state)
      this.#tell("CONTRACT_STATE", `the transition says from ${shown(from)}, and it was ${shown(state)}`);
    else if (!contractMayGo(state, to))
      this.#tell("CONTRACT_STATE", `the contract went from ${shown(state)} to ${shown(to)}`);
    if (next !== version + 1) this.#tell("CONTRACT_VERSION", `the version is ${shown(next)}, expected ${version + 1}`);
    this.#checkGround(record);
    this.#checkJustified(record);
  }

  /** What a state needs of the record that brings the contract there. */
  #checkGround(record: SaidRecord): void {
    const { status: to, reason, plan_hash: hash, job_id: jobId } = record;
    const { planHash, jobId: carriedOut } = this.#story.facts;
    if (to === "APPROVED") this.#checkApproval(record);
    if (to === "ACTIVE" && !isNamed(jobId)) this.#tell("CONTRACT_GROUND", "the contract is ACTIVE without a job_id");
    if (to === "ACTIVE" && hash !== undefined && hash !== planHash)
      this.#tell("CONTRACT_GROUND", `plan_hash is ${shown(hash)}, and ${shown(planHash)} was approved`);
    if ((to === "REJECTED" || to === "FAILED") && !isNamed(reason))
      this.#tell("CONTRACT_GROUND", `the contract is ${to} without a reason`);
    if ((to === "COMPLETED" || to === "FAILED") && jobId !== undefined && jobId !== carriedOut)
      this.#tell(
        "CONTRACT_GROUND",
        `the contract is ${to} for job ${shown(jobId)}, and its job is ${shown(carriedOut)}`,
      );
  }

  #checkApproval({ actor, plan_hash: hash }: SaidRecord): void {
    const { submitters } = this.#story;
    if (!isNamed(actor)) this.#tell("CONTRACT_FOUR_EYES", "the contract was approved by nobody");
    else if (submitters.has(identity(actor)))
      this.#tell("CONTRACT_FOUR_EYES", `${shown(actor)} has submitted the contract and approved it`);
    if (!isNamed(hash)) this.#tell("CONTRACT_GROUND", "the contract is APPROVED without a plan_hash");
  }

  /** The verdicts that have to stand before a state. */
  #checkJustified({ status: to }: SaidRecord): void {
    const { deciders, facts } = this.#story;
    const { eligibility, audit, jobId } = facts;
    if (to === "VALIDATED" && !deciders.has("validator"))
      this.#tell("CONTRACT_VERDICT", "the contract is VALIDATED without a verdict of the validator before it");
    if ((to === "ELIGIBLE" || to === "APPROVED" || to === "ACTIVE") && eligibility !== "MAY")
      this.#tell("CONTRACT_VERDICT", `the contract is ${to}, and the eligibility was ${shown(eligibility)}`);
    const passed = audit?.status === "PASS" && audit.jobId !== undefined && audit.jobId === jobId;
    if (to === "COMPLETED" && !passed)
      this.#tell(
        "CONTRACT_VERDICT",
        `the contract is COMPLETED, and the last audit before it says ${shown(audit?.status)} of job ${shown(audit?.jobId)}; its job is ${shown(jobId)}`,
      );
  }
}

function isNamed(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
