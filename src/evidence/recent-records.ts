import { PAGE_CHARACTERS } from "./page.ts";
import type { StoredRecord } from "./record.ts";

const RECORDS_PER_RUN = 64;
const CHARACTERS_IN_ALL = 1024 * 1024;

/** The newest records of the runs that are being written, so that readers who keep up need not ask the medium. */
export class RecentRecords {
  readonly #runs = new Map<string, StoredRecord[]>();
  #characters = 0;

  add(runId: string, records: readonly StoredRecord[]): void {
    const kept = this.#runs.get(runId) ?? [];
    kept.push(...records);
    this.#characters += lengthOf(records);
    if (kept.length > RECORDS_PER_RUN) this.#characters -= lengthOf(kept.splice(0, kept.length - RECORDS_PER_RUN));
    this.#runs.delete(runId);
    this.#runs.set(runId, kept);
    for (const oldest of this.#runs.keys()) {
      if (this.#characters <= CHARACTERS_IN_ALL) break;
      this.forget(oldest);
    }
  }

  /** A page of records after `afterSeq` without a gap, or undefined if they are no longer here. */
  since(runId: string, afterSeq: number): readonly StoredRecord[] | undefined {
    const kept = this.#runs.get(runId);
    const first = kept?.[0];
    if (kept === undefined || first === undefined || first.record.seq > afterSeq + 1) return undefined;
    return firstPage(kept.slice(Math.max(0, afterSeq + 1 - first.record.seq)));
  }

  forget(runId: string): void {
    this.#characters -= lengthOf(this.#runs.get(runId) ?? []);
    this.#runs.delete(runId);
  }
}

function firstPage(records: readonly StoredRecord[]): readonly StoredRecord[] {
  let characters = 0;
  for (const [place, { line }] of records.entries()) {
    characters += line.length;
    if (characters > PAGE_CHARACTERS && place > 0) return records.slice(0, place);
  }
  return records;
}

function lengthOf(records: readonly StoredRecord[]): number {
  return records.reduce((sum, stored) => sum + stored.line.length, 0);
}
