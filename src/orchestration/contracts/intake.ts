import { canonicalJson, digest } from "#evidence";
import type { RecordDraft } from "#evidence";
import { checkRequest, decideEligibility, decideTransition, validateRequest } from "#governance";
import type { ChangeRequest, Contract, EligibilityFacts, TransitionFacts, TransitionRequest } from "#governance";
import type { HealthView, Platform, Violation } from "#model";
import { assert, Fault } from "#model";
import type { ContractDesk } from "./contract-desk.ts";
import { contractPlan } from "./contract-job.ts";
import { MACHINE, submittedRecord, transitionRecord, verdictRecord } from "./contract-records.ts";
import type { ContractRecord } from "./contract-state.ts";
import { eligibilityFacts } from "./eligibility-facts.ts";
import type { RequestRates } from "./request-rates.ts";

/** Hours after which an unapproved contract expires. */
export const EXPIRY_HOURS = { minimum: 1, default: 72, maximum: 720 } as const;

/** Most bytes of a request as JSON. */
const REQUEST_BYTES = 64 * 1024;
const ID_CHARACTERS = 22;

/** What intake looks at. */
export interface IntakeSurroundings {
  readonly desk: ContractDesk;
  readonly platform: Platform;
  readonly systemPreApproved: boolean;
  readonly health: HealthView;
  readonly rates: RequestRates;
  /** What can be performed here. */
  readonly stepTypes: ReadonlySet<string>;
  /** Contracts that may stand in a new one's way. */
  readonly others: () => Promise<EligibilityFacts["contracts"]>;
}

/** A request that was taken in. */
export interface TakenRequest {
  readonly record: ContractRecord;
  /** Whether it was there before, so that nothing was done. */
  readonly attached: boolean;
}

/** Takes requests in: reads them, has the machines judge them, and records all of it at once. */
export class Intake {
  readonly #around: IntakeSurroundings;

  constructor(around: IntakeSurroundings) {
    this.#around = around;
  }

  /**
   * Takes a request in; its contract is ELIGIBLE or REJECTED when this resolves. One at a time, so that of two that overlap
   * the second sees the first.
   * @throws {Fault} INVALID_REQUEST with every problem; REQUEST_TAKEN; LIMIT_EXCEEDED; STORE_HALTED.
   */
  async take(value: unknown, expiresInHours: number): Promise<TakenRequest> {
    const request = readRequest(value, expiresInHours);
    const { desk, rates } = this.#around;
    const requestHash = digest(canonicalJson(request));
    const contractId = contractIdOf(request);
    return await desk.inTurn("intake", async () => {
      const found = await desk.log.find(contractId);
      if (found !== undefined) return attached(found, requestHash);
      rates.take(request.source);
      const at = desk.clock.now();
      const expiresAt = Temporal.Instant.from(at)
        .add({ hours: expiresInHours })
        .toString({ smallestUnit: "millisecond" });
      const submitted = submittedRecord(
        { contractId, at, actor: request.submittedBy },
        { request, requestHash, expiresAt },
      );
      const draft: Contract = { contractId, version: 1, state: "DRAFT", submittedBy: request.submittedBy, expiresAt };
      const verdicts = await this.#judged(draft, request, at);
      return { record: await desk.log.append(contractId, 0, [submitted, ...verdicts]), attached: false };
    });
  }

  /** Everything that the machines say of it, in order. */
  async #judged(draft: Contract, request: ChangeRequest, at: string): Promise<readonly RecordDraft[]> {
    const { platform, systemPreApproved, health, stepTypes, others } = this.#around;
    const plan = contractPlan(draft.contractId, request);
    const records = new JudgedRequest(draft, at);
    const validation = validateRequest(request);
    const { recommendation, explanations, rulesVersion } = validation;
    const reason = explanations.join(" ").slice(0, 1000);
    records.say({
      decider: "validator",
      decision: recommendation,
      reason,
      rulesVersion,
      facts: request,
      verdict: validation,
    });
    const absent = plan.stepTypes.filter((type) => !stepTypes.has(type));
    const violations: readonly Violation[] = absent.map((type) => ({
      field: "changes",
      description: `need the step type ${type}, which this server does not have`,
    }));
    if (violations.length > 0) return records.reject(violations.map(sentenceOf).join("; "));
    records.become("VALIDATED", { violations });

    const sources = { now: at, request, validation, platform, systemPreApproved, health, contracts: await others() };
    const facts = await eligibilityFacts(sources);
    const verdict = decideEligibility(facts);
    records.say({ decider: "eligibility", facts, verdict, ...verdict });
    if (verdict.decision === "MAY_NOT") return records.reject(verdict.reason);
    return records.become("ELIGIBLE", { eligibility: verdict.decision, planHash: plan.planHash });
  }
}

/** The records of one request, one after the other; every transition is asked of governance. */
class JudgedRequest {
  readonly #at: string;
  readonly #records: RecordDraft[] = [];
  #contract: Contract;

  constructor(draft: Contract, at: string) {
    this.#contract = draft;
    this.#at = at;
  }

  say(said: Parameters<typeof verdictRecord>[1]): void {
    this.#records.push(verdictRecord(this.#word(), said));
  }

  become(to: "VALIDATED" | "ELIGIBLE", facts: Omit<TransitionFacts, "now">): readonly RecordDraft[] {
    return this.#change({ to, ...this.#asking() }, facts);
  }

  reject(reason: string): readonly RecordDraft[] {
    return this.#change({ to: "REJECTED", reason, ...this.#asking() }, {});
  }

  #change(request: TransitionRequest, facts: Omit<TransitionFacts, "now">): readonly RecordDraft[] {
    const answer = decideTransition(this.#contract, request, { ...facts, now: this.#at });
    assert(answer.verdict === "ALLOWED", "what the machines have found leads to the next state");
    this.#records.push(transitionRecord(this.#word(), { from: this.#contract, to: answer.contract }));
    this.#contract = answer.contract;
    return this.#records;
  }

  #asking() {
    return { actor: MACHINE, expectedVersion: this.#contract.version };
  }

  #word() {
    return { contractId: this.#contract.contractId, at: this.#at, actor: MACHINE };
  }
}

/** One id for each source and reference, for ever: the claim on it is what keeps a request from being taken twice. */
function contractIdOf({ source, reference }: ChangeRequest): string {
  return `c-${digest(canonicalJson([source, reference])).slice(0, ID_CHARACTERS)}`;
}

function readRequest(value: unknown, expiresInHours: number): ChangeRequest {
  const read = checkRequest(value);
  const violations = [...(read.verdict === "REFUSED" ? read.reasons : []), ...boundViolations(value, expiresInHours)];
  if (read.verdict === "READABLE" && violations.length === 0) return read.request;
  const text = `The request is refused: ${violations.slice(0, 3).map(sentenceOf).join("; ")}.`;
  throw new Fault("INVALID_REQUEST", text, { violations });
}

function boundViolations(value: unknown, expiresInHours: number): readonly Violation[] {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? "");
  const { minimum, maximum } = EXPIRY_HOURS;
  const isWithin = Number.isInteger(expiresInHours) && expiresInHours >= minimum && expiresInHours <= maximum;
  return [
    ...(bytes > REQUEST_BYTES
      ? [{ field: "request", description: `has ${bytes} bytes as JSON; at most ${REQUEST_BYTES} are allowed` }]
      : []),
    ...(isWithin
      ? []
      : [{ field: "expires_in_hours", description: `is ${expiresInHours}; expected ${minimum} to ${maximum}` }]),
  ];
}

function attached(record: ContractRecord, requestHash: string): TakenRequest {
  if (record.requestHash === requestHash) return { record, attached: true };
  const { source, reference } = record.request;
  throw new Fault(
    "REQUEST_TAKEN",
    `The reference ${reference} of ${source} was used for another request (contract ${record.contract.contractId}); use a new one.`,
  );
}

function sentenceOf({ field, description }: Violation): string {
  return `${field} ${description}`;
}
