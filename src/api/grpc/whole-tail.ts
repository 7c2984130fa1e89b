import type { EvidenceStore, StoredRecord } from "#evidence";
import { Fault } from "#model";

/** Which records to follow. */
export interface Tail {
  readonly store: EvidenceStore;
  readonly runId: string;
  /** -1 for all. */
  readonly afterSeq: number;
  readonly signal: AbortSignal;
}

/**
 * The store's tail, which ends normally only after the run's last record: a stream that just stops would tell its reader
 * that there is no more.
 * @throws {Fault} RUN_NOT_FOUND; DRAINING if the store was closed before the run ended; STORE_HALTED.
 */
export async function* wholeTail(tail: Tail): AsyncGenerator<readonly StoredRecord[], void, void> {
  const { store, runId, afterSeq, signal } = tail;
  let complete = false;
  for await (const records of store.tail(runId, afterSeq, { signal })) {
    complete = records.at(-1)?.record.event_type === "run.completed";
    yield records;
  }
  if (complete || signal.aborted || (await store.head(runId))?.completed === true) return;
  throw new Fault("DRAINING", `The server stops, and run ${runId} has not ended. Watch on when a server runs again.`);
}
