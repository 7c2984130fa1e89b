import type { EvidenceStore, RunHead } from "#evidence";
import { decideAdvance, stageOf } from "#governance";
import type { ContractState, EligibilityFacts, RolloutStage } from "#governance";
import type { Clock, HealthView, Platform } from "#model";
import { Fault } from "#model";
import type { JobRunner } from "../job-runner.ts";
import { CarryOut } from "./carry-out.ts";
import type { CarryOutNews } from "./carry-out.ts";
import { ContractDesk, refusal } from "./contract-desk.ts";
import { contractPlan } from "./contract-job.ts";
import { ContractLog } from "./contract-log.ts";
import { MACHINE, rolloutRecord } from "./contract-records.ts";
import type { ContractRecord } from "./contract-state.ts";
import { worstHealth } from "./eligibility-facts.ts";
import { Intake } from "./intake.ts";
import type { TakenRequest } from "./intake.ts";
import { RequestRates } from "./request-rates.ts";

/** What a keeper of contracts stands on. */
export interface ContractKeeperOptions {
  /** The contracts' own logs. */
  readonly store: EvidenceStore;
  /** The logs of jobs, which audits read. */
  readonly runStore: EvidenceStore;
  readonly runner: JobRunner;
  readonly clock: Clock;
  readonly platform: Platform;
  /** Whether changes of SYSTEM were approved beforehand. */
  readonly systemPreApproved: boolean;
  readonly health: HealthView;
  /** New requests a minute that each source may make. */
  readonly requestsPerMinute: number;
  /** Hours that a stage of a rollout has to last before the next. */
  readonly stabilisationHours: number;
  /** Milliseconds between a job's end and its audit. */
  readonly settleMs: number;
  /** Told of what becomes of contracts, for the log of the process. */
  readonly onNews: (news: CarryOutNews) => void;
}

/** Who asks, and which version of the contract was looked at; absent = whichever it is. */
export interface ContractWord {
  readonly contractId: string;
  readonly actor: string;
  readonly expectedVersion?: number;
}

/** A reviewer's word. */
export interface ReviewWord extends Required<ContractWord> {
  readonly decision: "approve" | "reject";
  /** Needed to reject. */
  readonly comment: string;
  /** Needed to approve. */
  readonly planHash: string;
  readonly activationWindowHours?: number;
}

/** A page of contracts. */
export interface ContractPage {
  readonly contracts: readonly ContractRecord[];
  /** Where to go on; absent = there are no more. */
  readonly next?: string;
}

const SWEEP_MS = 30_000;
const PAGE = 100;
const OVERLAP_HOURS = 24;
/** Pages of contracts that are looked through for those in some states, before the caller is asked to go on. */
const PAGES_AT_MOST = 20;

/** Ended without effect: they stand in nobody's way. */
const WITHOUT_EFFECT: ReadonlySet<ContractState> = new Set(["REJECTED", "EXPIRED", "FAILED"]);

/** Keeps contracts: takes requests in, records what people say, carries out what was approved, and has it audited. */
export class ContractKeeper {
  readonly #options: ContractKeeperOptions;
  readonly #desk: ContractDesk;
  readonly #intake: Intake;
  readonly #carryOut: CarryOut;
  #stopSweep: () => void = () => undefined;
  #stopped = false;

  constructor(options: ContractKeeperOptions) {
    const { store, clock, platform, systemPreApproved, health, runner, requestsPerMinute } = options;
    this.#options = options;
    this.#desk = new ContractDesk(new ContractLog(store), clock);
    this.#intake = new Intake({
      desk: this.#desk,
      platform,
      systemPreApproved,
      health,
      rates: new RequestRates(clock, requestsPerMinute),
      stepTypes: new Set(runner.stepTypes.map(({ name }) => name)),
      others: () => this.#others(),
    });
    this.#carryOut = new CarryOut({ ...options, desk: this.#desk });
  }

  /** Goes on with what an earlier process has left, and looks from now on for what has expired. */
  async start(): Promise<void> {
    await this.#sweep();
  }

  /** Takes a request in. @throws {Fault} INVALID_REQUEST, REQUEST_TAKEN, LIMIT_EXCEEDED, STORE_HALTED */
  async submit(request: unknown, expiresInHours: number): Promise<TakenRequest> {
    return await this.#intake.take(request, expiresInHours);
  }

  /** @throws {Fault} CONTRACT_NOT_FOUND */
  async get(contractId: string): Promise<ContractRecord> {
    return await this.#current(contractId);
  }

  /** Contracts, newest first, in one of `states` if any is given. */
  async list(options: {
    readonly limit: number;
    readonly before?: string;
    readonly states: ReadonlySet<ContractState>;
  }): Promise<ContractPage> {
    const { limit, states } = options;
    const contracts: ContractRecord[] = [];
    let before = options.before;
    for (let pages = 0; pages < PAGES_AT_MOST; pages += 1) {
      const heads = await this.#desk.log.heads({ limit: PAGE, ...(before !== undefined && { before }) });
      for (const { runId } of heads) {
        before = runId;
        const record = await this.#desk.log.get(runId);
        if (states.size > 0 && !states.has(record.contract.state)) continue;
        contracts.push(record);
        if (contracts.length === limit) return { contracts, next: runId };
      }
      if (heads.length < PAGE) return { contracts };
    }
    return { contracts, ...(before !== undefined && { next: before }) };
  }

  /** What waits for a person, the oldest first; at most `limit`. */
  async queue(limit: number): Promise<readonly ContractRecord[]> {
    const waiting: ContractRecord[] = [];
    for (const { runId } of await this.#desk.log.open()) {
      const record = await this.#current(runId);
      if (record.contract.state === "ELIGIBLE") waiting.push(record);
    }
    return waiting.toSorted((one, other) => (one.submittedAt < other.submittedAt ? -1 : 1)).slice(0, limit);
  }

  /** A reviewer's word. @throws {Fault} CONTRACT_REFUSED, APPROVER_IS_SUBMITTER, CONTRACT_CHANGED, CONTRACT_NOT_FOUND */
  async review(word: ReviewWord): Promise<ContractRecord> {
    const { contractId, actor, expectedVersion, decision, comment, planHash, activationWindowHours } = word;
    return await this.#desk.inTurn(contractId, async () => {
      const seen = await this.#desk.log.get(contractId);
      const asking = { actor, expectedVersion };
      if (decision === "reject")
        return await this.#desk.change(seen, { request: { to: "REJECTED", reason: comment, ...asking }, facts: {} });
      const request = {
        to: "APPROVED",
        planHash,
        ...asking,
        ...(activationWindowHours !== undefined && { activationWindowHours }),
      } as const;
      return await this.#desk.change(seen, { request, facts: {} });
    });
  }

  /** Carries an approved contract out. Resolves when its job is accepted. @throws {Fault} as `review` */
  async activate({ contractId, actor, expectedVersion }: ContractWord): Promise<ContractRecord> {
    const { platform, health, clock } = this.#options;
    const active = await this.#desk.inTurn(contractId, async () => {
      const seen = await this.#desk.log.get(contractId);
      const { job, planHash } = contractPlan(contractId, seen.request);
      const state = await worstHealth(health, seen.request.capabilities);
      if (seen.contract.state === "APPROVED") requireSoundHealth(state);
      const version = expectedVersion ?? seen.contract.version;
      return await this.#desk.change(seen, {
        request: { to: "ACTIVE", actor, expectedVersion: version, jobId: job.jobId },
        facts: { planHash },
        baseline: { journalHead: platform.head, health: state, at: clock.now() },
      });
    });
    await this.#carryOut.begin(contractId);
    return active;
  }

  /** Ends a contract that is not active. @throws {Fault} as `review` */
  async cancel({
    contractId,
    actor,
    expectedVersion,
    reason,
  }: ContractWord & { readonly reason: string }): Promise<ContractRecord> {
    return await this.#desk.inTurn(contractId, async () => {
      const seen = await this.#desk.log.get(contractId);
      const { state, version } = seen.contract;
      if (state === "ACTIVE") {
        const text = `Contract ${contractId} is ACTIVE: its job ${seen.contract.jobId} runs or was run, and the audit ends it.`;
        throw refusal({ code: "ACTIVE", sentence: text });
      }
      const to = state === "APPROVED" ? "FAILED" : "REJECTED";
      return await this.#desk.change(seen, {
        request: { to, actor, reason, expectedVersion: expectedVersion ?? version },
        facts: {},
      });
    });
  }

  /** A person's word about an audit that is INCONCLUSIVE. @throws {Fault} as `review` */
  async resolveAudit(
    word: ContractWord & { readonly pass: boolean; readonly reason: string },
  ): Promise<ContractRecord> {
    const { contractId, actor, pass, reason, expectedVersion } = word;
    const resolved = await this.#desk.inTurn(contractId, async () => {
      const seen = await this.#desk.log.get(contractId);
      if (expectedVersion !== undefined && expectedVersion !== seen.contract.version)
        throw new Fault(
          "CONTRACT_CHANGED",
          `Contract ${contractId} is at version ${seen.contract.version}, not ${expectedVersion}.`,
        );
      return await this.#carryOut.resolve(seen, { actor, pass, reason });
    });
    if (resolved.contract.state !== "ACTIVE") return resolved;
    await this.#carryOut.begin(contractId);
    return await this.#desk.log.get(contractId);
  }

  /** How far a change is visible. @throws {Fault} CONTRACT_NOT_FOUND */
  async rollout(contractId: string): Promise<{ readonly stage: RolloutStage; readonly since: string }> {
    return rolloutOf(await this.#desk.log.get(contractId));
  }

  /** Makes a completed change visible by one stage more. @throws {Fault} CONTRACT_REFUSED, CONTRACT_NOT_FOUND */
  async advanceRollout({
    contractId,
    actor,
    to,
  }: ContractWord & { readonly to: RolloutStage }): Promise<ContractRecord> {
    const { clock, health, stabilisationHours } = this.#options;
    return await this.#desk.inTurn(contractId, async () => {
      const seen = await this.#desk.log.get(contractId);
      const { stage, since } = rolloutOf(seen);
      const now = clock.now();
      const answer = decideAdvance({
        contract: seen.contract,
        stage,
        to,
        stageSince: since,
        health: await worstHealth(health, seen.request.capabilities),
        now,
        actor,
        stabilisationHours,
      });
      if (answer.verdict === "REFUSED") throw refusal(answer);
      return await this.#desk.log.append(contractId, seen.size, [
        rolloutRecord({ contractId, at: now, actor }, stage, answer.stage),
      ]);
    });
  }

  /** A contract as it is now: one whose time has passed is ended first. */
  async #current(contractId: string): Promise<ContractRecord> {
    const record = await this.#desk.log.get(contractId);
    return isOverdue(record, this.#options.clock.now()) ? await this.#endOverdue(contractId) : record;
  }

  async #endOverdue(contractId: string): Promise<ContractRecord> {
    return await this.#desk.inTurn(contractId, async () => {
      const seen = await this.#desk.log.get(contractId);
      if (!isOverdue(seen, this.#options.clock.now())) return seen;
      const { state, version, activationEndsAt } = seen.contract;
      const asking = { actor: MACHINE, expectedVersion: version };
      const request =
        state === "APPROVED"
          ? ({ to: "FAILED", reason: `Nobody activated it before ${activationEndsAt}.`, ...asking } as const)
          : ({ to: "EXPIRED", ...asking } as const);
      return await this.#desk.change(seen, { request, facts: {} });
    });
  }

  /** Goes through all contracts that have not ended: ends those whose time has passed, goes on with those that are active. */
  async #sweep(): Promise<void> {
    for (const { runId } of await this.#desk.log.open()) {
      if (this.#stopped) return;
      const { contract } = await this.#current(runId);
      if (contract.state === "ACTIVE") await this.#carryOut.begin(runId).catch(() => undefined); // told as news
    }
    if (!this.#stopped) this.#stopSweep = this.#options.clock.after(SWEEP_MS, () => void this.#sweepAgain());
  }

  async #sweepAgain(): Promise<void> {
    await this.#sweep().catch((error: unknown) => this.#options.onNews({ kind: "sweep failed", error }));
  }

  /** Contracts of the last day, and those that have not ended: what overlaps with one of them has to wait. */
  async #others(): Promise<EligibilityFacts["contracts"]> {
    const since = Temporal.Instant.from(this.#options.clock.now()).subtract({ hours: OVERLAP_HOURS });
    const found = new Map<string, ContractRecord>();
    for (const { runId } of await this.#desk.log.open()) found.set(runId, await this.#desk.log.get(runId));
    for await (const { runId } of this.#newest()) {
      const record = await this.#desk.log.get(runId);
      if (Temporal.Instant.compare(Temporal.Instant.from(record.submittedAt), since) < 0) break;
      found.set(runId, record);
    }
    return [...found.values()]
      .filter(({ contract }) => !WITHOUT_EFFECT.has(contract.state))
      .map(({ contract, request, submittedAt }) => ({
        contractId: contract.contractId,
        capabilities: request.capabilities,
        createdAt: submittedAt,
      }));
  }

  async *#newest(): AsyncGenerator<RunHead, void, void> {
    for (let before: string | undefined; ;) {
      const heads = await this.#desk.log.heads({ limit: PAGE, ...(before !== undefined && { before }) });
      yield* heads;
      before = heads.at(-1)?.runId;
      if (heads.length < PAGE) return;
    }
  }

  /** Starts nothing more, and waits for what is being recorded. Safe to call twice. */
  async close(): Promise<void> {
    this.#stopped = true;
    this.#stopSweep();
    await this.#carryOut.close();
  }
}

function isOverdue({ contract }: ContractRecord, now: string): boolean {
  const { state, expiresAt, activationEndsAt } = contract;
  if (state === "APPROVED") return activationEndsAt !== undefined && activationEndsAt <= now;
  return (state === "DRAFT" || state === "VALIDATED" || state === "ELIGIBLE") && expiresAt <= now;
}

function requireSoundHealth(state: string): void {
  if (state === "HEALTHY" || state === "DEGRADED") return;
  const sentence = `The health is ${state}, which lets no job start; mend it, or withdraw the signal that says so, and try again.`;
  throw refusal({ code: "HEALTH_GATE", sentence });
}

/** How far a change is visible, and since when. */
export function rolloutOf({ contract, rollout }: ContractRecord): {
  readonly stage: RolloutStage;
  readonly since: string;
} {
  const stage = stageOf(contract.state, rollout?.stage);
  return { stage, since: rollout?.since ?? contract.changedAt ?? "" };
}
