import type { EvidenceStore } from "#evidence";
import { auditJob, resolveInconclusive } from "#governance";
import type { AuditVerdict } from "#governance";
import { Fault } from "#model";
import type { Clock, ExecutionResult, HealthView, Job, Platform } from "#model";
import type { JobRunner } from "../job-runner.ts";
import { auditFacts } from "./audit-facts.ts";
import type { ContractDesk } from "./contract-desk.ts";
import { refusal } from "./contract-desk.ts";
import { contractPlan } from "./contract-job.ts";
import { MACHINE, rollbackRecord, verdictRecord } from "./contract-records.ts";
import type { ContractRecord } from "./contract-state.ts";
import { undoingPlan } from "./undoing-plan.ts";
import { unrestored } from "./unrestored.ts";

/** What becomes of contracts while nobody looks. */
export type CarryOutNews =
  | { readonly kind: "ended"; readonly contractId: string; readonly state: string; readonly reason: string }
  | { readonly kind: "inconclusive"; readonly contractId: string; readonly reason: string }
  | { readonly kind: "waits"; readonly contractId: string; readonly error: unknown }
  | { readonly kind: "sweep failed"; readonly error: unknown };

/** What carrying out stands on. */
export interface CarryOutOptions {
  readonly desk: ContractDesk;
  readonly runStore: EvidenceStore;
  readonly runner: JobRunner;
  readonly clock: Clock;
  readonly platform: Platform;
  readonly health: HealthView;
  /** Milliseconds between a job's end and its audit, in which somebody may see that it did harm. */
  readonly settleMs: number;
  readonly onNews: (news: CarryOutNews) => void;
}

/**
 * Carries active contracts to their ends: job, audit, and if that fails, rollback. Every stretch is known from the logs, so that
 * whoever begins anew, after a crash too, goes on where they end; a job id is executed at most once.
 */
export class CarryOut {
  readonly #options: CarryOutOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;

  constructor(options: CarryOutOptions) {
    this.#options = options;
  }

  /** Goes on with an active contract, if nobody does. Resolves when its job is accepted, or ended before. */
  async begin(contractId: string): Promise<void> {
    if (this.#running.has(contractId)) return;
    const accepted = Promise.withResolvers<void>();
    const going = this.#go(contractId, accepted.resolve)
      .catch((error: unknown) => this.#options.onNews({ kind: "waits", contractId, error }))
      .finally(() => {
        this.#running.delete(contractId);
        accepted.resolve();
      });
    this.#running.set(contractId, going);
    await accepted.promise;
  }

  async #go(contractId: string, onAccepted: () => void): Promise<void> {
    const { desk, onNews } = this.#options;
    let record = await desk.log.get(contractId);
    if (record.contract.state !== "ACTIVE") return;
    if (record.foundAudit === undefined) {
      await this.#perform(contractPlan(contractId, record.request).job, onAccepted);
      await this.#settle();
      if (this.#closed) return; // the next start audits it
      record = await desk.inTurn(contractId, () => this.#audit(contractId));
    }
    const { contract, verdicts } = record;
    if (contract.state === "ACTIVE" && verdicts.audit?.decision === "INCONCLUSIVE") {
      onNews({ kind: "inconclusive", contractId, reason: verdicts.audit.reason });
      return;
    }
    if (contract.state === "ACTIVE") record = await this.#undo(record);
    const { state, reason = "" } = record.contract;
    onNews({ kind: "ended", contractId, state, reason });
  }

  /** Has the job run, or attaches to what was recorded of it. Of a job id that was used for something else the audit will tell. */
  async #perform(job: Job, onAccepted: () => void): Promise<void> {
    try {
      const submitted = await this.#options.runner.submit(job, { ofContract: true });
      onAccepted();
      await submitted.result;
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== "JOB_ID_TAKEN") throw error;
    }
  }

  /** Audits the ended job. What passes completes the contract in the same breath. */
  async #audit(contractId: string): Promise<ContractRecord> {
    const { desk } = this.#options;
    const seen = await desk.log.get(contractId);
    const facts = await auditFacts(seen, this.#options);
    return await this.#record(seen, { facts, verdict: auditJob(facts), actor: MACHINE });
  }

  /**
   * A person's word about an audit that is INCONCLUSIVE.
   * @throws {Fault} CONTRACT_REFUSED, APPROVER_IS_SUBMITTER, CONTRACT_CHANGED
   */
  async resolve(
    seen: ContractRecord,
    word: { readonly actor: string; readonly pass: boolean; readonly reason: string },
  ): Promise<ContractRecord> {
    const { contract, verdicts } = seen;
    if (contract.state !== "ACTIVE" || verdicts.audit === undefined) {
      const sentence = `Contract ${contract.contractId} is ${contract.state} and no audit of it waits for a person.`;
      throw refusal({ code: "NO_AUDIT", sentence });
    }
    const found = verdicts.audit.verdict as unknown as AuditVerdict; // written by `#record`
    const answer = resolveInconclusive(found, { ...word, submittedBy: contract.submittedBy });
    if (answer.verdict === "REFUSED") throw refusal(answer);
    return await this.#record(seen, { facts: verdicts.audit.facts, verdict: answer.audit, ...word });
  }

  async #record(
    seen: ContractRecord,
    said: { readonly facts: unknown; readonly verdict: AuditVerdict; readonly actor: string; readonly reason?: string },
  ): Promise<ContractRecord> {
    const { desk, clock } = this.#options;
    const { contractId, version, jobId = "" } = seen.contract;
    const { facts, verdict, actor } = said;
    const word = { contractId, at: clock.now(), actor };
    const reason = said.reason ?? failings(verdict);
    const { verdict: decision, rulesVersion } = verdict;
    const record = verdictRecord(word, { decider: "audit", decision, reason, rulesVersion, facts, verdict, jobId });
    if (decision !== "PASS") return await desk.log.append(contractId, seen.size, [record]);
    return await desk.change(seen, {
      request: { to: "COMPLETED", actor, expectedVersion: version },
      facts: { audit: { jobId: verdict.jobId, verdict: decision } },
      before: [record],
    });
  }

  /** Undoes what a contract has done whose audit has failed, and ends it. */
  async #undo(seen: ContractRecord): Promise<ContractRecord> {
    const { runner, runStore } = this.#options;
    const { contractId } = seen.contract;
    const why = seen.verdicts.audit?.reason ?? "";
    let due = await undoingPlan(seen, runStore);
    if (due === undefined) return await this.#fail(contractId, `The audit failed: ${why} Nothing was to be undone.`);
    for (;;) {
      const { job } = due;
      await this.#tellAttempt(contractId, job.jobId, why);
      const { result } = await runner.submit(job, { ofContract: true });
      const ended = await result;
      due = (await undoingPlan(seen, runStore)) ?? due;
      if (due.job.jobId === job.jobId) return await this.#undone(contractId, ended, why);
    }
  }

  /** Says which job undoes it from now on, unless that is said already. */
  async #tellAttempt(contractId: string, jobId: string, reason: string): Promise<void> {
    const { desk, clock } = this.#options;
    await desk.inTurn(contractId, async () => {
      const seen = await desk.log.get(contractId);
      if (seen.rollback?.jobId === jobId) return;
      const word = { contractId, at: clock.now(), actor: MACHINE };
      await desk.log.append(contractId, seen.size, [rollbackRecord(word, { jobId, status: "RUNNING", reason })]);
    });
  }

  async #undone(contractId: string, result: ExecutionResult, why: string): Promise<ContractRecord> {
    const { clock, platform } = this.#options;
    const seen = await this.#options.desk.log.get(contractId);
    const left = unrestored(seen, platform);
    const isUndone = result.finalStatus === "COMPLETED" && left.length === 0;
    const became = isUndone
      ? "What it had changed was put back."
      : `It could not be undone whole (${result.finalReason}); a person has to look at ${left.join(", ") || "it"}.`;
    const word = { contractId, at: clock.now(), actor: MACHINE };
    const status = isUndone ? "SUCCEEDED" : "FAILED";
    const record = rollbackRecord(word, { jobId: result.jobId, status, reason: became });
    return await this.#fail(contractId, `The audit failed: ${why} ${became}`, [record]);
  }

  async #fail(contractId: string, reason: string, before: Parameters<ContractDesk["change"]>[1]["before"] = []) {
    const { desk } = this.#options;
    return await desk.inTurn(contractId, async () => {
      const seen = await desk.log.get(contractId);
      const request = { to: "FAILED", actor: MACHINE, reason, expectedVersion: seen.contract.version } as const;
      return await desk.change(seen, { request, facts: {}, before });
    });
  }

  async #settle(): Promise<void> {
    const { clock, settleMs } = this.#options;
    if (settleMs === 0) return;
    const settled = Promise.withResolvers<void>();
    const disarm = clock.after(settleMs, settled.resolve);
    await Promise.race([settled.promise, this.#closing.promise]);
    disarm();
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.resolve();
    await Promise.allSettled(this.#running.values());
  }
}

function failings({ verdict, checks }: AuditVerdict): string {
  if (verdict === "PASS") return "All checks pass.";
  const said = checks.filter(({ outcome }) => outcome !== "PASS").map(({ check, sentence }) => `${check}: ${sentence}`);
  return said.join(" ").slice(0, 1000);
}
