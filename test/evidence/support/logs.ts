import type { EvidenceStore, StoredRecord } from "#evidence";

/** All records of a run, page by page. */
export async function wholeLog(store: EvidenceStore, runId: string): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (;;) {
    const page = await store.read(runId, all.length - 1, 1000);
    all.push(...page);
    if (page.length === 0) return all;
  }
}

/** The exact lines of a run. */
export async function linesOf(store: EvidenceStore, runId: string): Promise<readonly string[]> {
  return (await wholeLog(store, runId)).map(({ line }) => line);
}

/** Reads a tail to its end, at most `atMost` records. */
export async function drained(
  tail: AsyncIterable<readonly StoredRecord[]>,
  atMost: number = Number.POSITIVE_INFINITY,
): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  for await (const records of tail) {
    all.push(...records);
    if (all.length >= atMost) break;
  }
  return all;
}

/** The sequence numbers of records. */
export function seqs(records: readonly StoredRecord[]): readonly number[] {
  return records.map(({ record }) => record.seq);
}

/** The numbers 0, 1, ..., as many as `count`, from `start` on. */
export function upTo(count: number, start = 0): readonly number[] {
  return Array.from({ length: count }, (_nothing, offset) => start + offset);
}
