import type { EvidenceStore, StoredRecord } from "#evidence";
import { Fault } from "#model";
import type { CallShares } from "./call-budgets.ts";
import { pageMayBeRead, pageWasRead } from "./call-budgets.ts";

/** Which records to follow. */
export interface Tail {
  readonly store: EvidenceStore;
  readonly runId: string;
  /** -1 for all. */
  readonly afterSeq: number;
  readonly signal: AbortSignal;
  readonly shares: CallShares;
}

/**
 * The store's tail, which ends normally only after the run's last record: a stream that just stops would tell its reader
 * that there is no more.
 * @throws {Fault} RUN_NOT_FOUND; DRAINING if the store was closed before the run ended; STORE_HALTED.
 */
export async function* wholeTail(tail: Tail): AsyncGenerator<readonly StoredRecord[], void, void> {
  const { store, runId, afterSeq, signal, shares } = tail;
  const beforeReading = (): Promise<void> | undefined => pageMayBeRead(shares);
  let complete = false;
  for await (const records of store.tail(runId, afterSeq, { signal, beforeReading })) {
    complete = records.at(-1)?.record.event_type === "run.completed";
    pageWasRead(shares, charactersOf(records));
    yield records; // whoever asks for more has had these taken
    shares.page.give();
  }
  if (complete || signal.aborted || (await store.head(runId))?.completed === true) return;
  throw new Fault("DRAINING", `The server stops, and run ${runId} has not ended. Watch on when a server runs again.`);
}

/** Characters of the lines of some records. */
export function charactersOf(records: readonly StoredRecord[]): number {
  return records.reduce((sum, { line }) => sum + line.length, 0);
}
