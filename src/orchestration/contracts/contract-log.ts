import type { EvidenceStore, RecordDraft, RunHead, StoredRecord } from "#evidence";
import { Fault } from "#model";
import type { ContractRecord } from "./contract-state.ts";
import { foldContract } from "./contract-state.ts";

const PAGE = 256;

/** The logs of all contracts, in a store of their own. */
export class ContractLog {
  readonly #store: EvidenceStore;

  constructor(store: EvidenceStore) {
    this.#store = store;
  }

  /** What is known of a contract; undefined = there is none. */
  async find(contractId: string): Promise<ContractRecord | undefined> {
    const records: StoredRecord[] = [];
    for (;;) {
      const page = await this.#store.read(contractId, records.length - 1, PAGE);
      records.push(...page);
      if (page.length === 0) break;
    }
    return records.length === 0 ? undefined : foldContract(records);
  }

  /** What is known of a contract. @throws {Fault} CONTRACT_NOT_FOUND */
  async get(contractId: string): Promise<ContractRecord> {
    const found = await this.find(contractId);
    if (found !== undefined) return found;
    throw new Fault("CONTRACT_NOT_FOUND", `There is no contract ${contractId}.`);
  }

  /**
   * Adds records to a contract that is as it was seen; durable when it resolves.
   * @throws {Fault} CONTRACT_CHANGED if somebody was faster; STORE_HALTED.
   */
  async append(contractId: string, size: number, drafts: readonly RecordDraft[]): Promise<ContractRecord> {
    try {
      await this.#store.append(contractId, size, drafts);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== "SEQUENCE_CONFLICT") throw error;
      const text = `Contract ${contractId} was changed by somebody else in the meantime; read it again and decide anew.`;
      throw new Fault("CONTRACT_CHANGED", text, { cause: error });
    }
    return await this.get(contractId);
  }

  /** Newest first. */
  async heads(options: { readonly limit: number; readonly before?: string }): Promise<readonly RunHead[]> {
    return await this.#store.runs(options);
  }

  /** Those that have not ended. */
  async open(): Promise<readonly RunHead[]> {
    return await this.#store.openRuns();
  }
}
