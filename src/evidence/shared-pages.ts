import type { StoredRecord } from "./record.ts";

const PAGES = 8;

/** Pages that were made for many readers. */
const shared = new WeakSet<readonly StoredRecord[]>();

/** Whether other readers are told of the very same list: what is made of it is worth keeping. */
export function isShared(records: readonly StoredRecord[]): boolean {
  return shared.has(records);
}

/** The last pages that a crowd of readers was given, so that those who stand at the same place of a log are given the same list. */
export class SharedPages {
  readonly #pages = new Map<string, readonly StoredRecord[]>();

  /** The page behind `afterSeq` that somebody was given before, or else the one that is made now. */
  async page(
    runId: string,
    afterSeq: number,
    make: () => Promise<readonly StoredRecord[]>,
  ): Promise<readonly StoredRecord[]> {
    const key = `${runId}/${afterSeq}`;
    const records = this.#pages.get(key) ?? (await make());
    if (records.length > 0) this.#keep(key, records); // a log only grows: it stays true, although more may stand behind it by now
    return records;
  }

  #keep(key: string, records: readonly StoredRecord[]): void {
    shared.add(records);
    this.#pages.set(key, records);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > PAGES && oldest !== undefined) this.#pages.delete(oldest);
  }
}
