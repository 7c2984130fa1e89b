import type { RecordDraft } from "#evidence";
import { decideTransition } from "#governance";
import type { TransitionFacts, TransitionRequest } from "#governance";
import type { Clock, FaultCode } from "#model";
import { Fault } from "#model";
import type { ContractLog } from "./contract-log.ts";
import { transitionRecord } from "./contract-records.ts";
import type { Baseline, ContractRecord } from "./contract-state.ts";

/** A transition that is asked for, and what is recorded with it: all of it, or nothing. */
export interface Change {
  readonly request: TransitionRequest;
  readonly facts: Omit<TransitionFacts, "now">;
  /** What justifies it. */
  readonly before?: readonly RecordDraft[];
  /** For ACTIVE: what the audit will compare with. */
  readonly baseline?: Baseline;
}

/** Where contracts are changed: governance decides, the log is written, one thing at a time for each contract. */
export class ContractDesk {
  readonly log: ContractLog;
  readonly clock: Clock;
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(log: ContractLog, clock: Clock) {
    this.log = log;
    this.clock = clock;
  }

  /** Does one thing after the other under a name. */
  async inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const mine = (async () => {
      await before?.catch(() => undefined); // whoever asked for it is told
      return await work();
    })();
    this.#last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }

  /**
   * Changes a contract that is as it was seen, if governance allows it.
   * @throws {Fault} CONTRACT_REFUSED, APPROVER_IS_SUBMITTER, CONTRACT_CHANGED, STORE_HALTED
   */
  async change(seen: ContractRecord, { request, facts, before = [], baseline }: Change): Promise<ContractRecord> {
    const at = baseline?.at ?? this.clock.now();
    const answer = decideTransition(seen.contract, request, { ...facts, now: at });
    if (answer.verdict === "REFUSED") throw refusal(answer);
    const { contractId } = seen.contract;
    const word = { contractId, at, actor: request.actor };
    const record = transitionRecord(word, { from: seen.contract, to: answer.contract, baseline });
    return await this.log.append(contractId, seen.size, [...before, record]);
  }
}

const CODES: Readonly<Record<string, FaultCode>> = {
  VERSION_CONFLICT: "CONTRACT_CHANGED",
  FOUR_EYES: "APPROVER_IS_SUBMITTER",
};

/** The fault for what governance has refused: it names the rule. */
export function refusal({ code, sentence }: { readonly code: string; readonly sentence: string }): Fault {
  return new Fault(CODES[code] ?? "CONTRACT_REFUSED", sentence, {
    violations: [{ field: code, description: sentence }],
  });
}
