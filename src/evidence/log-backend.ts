import type { RunHead } from "./evidence-store.ts";
import type { StoredRecord } from "./record.ts";

/** Records that one commit adds to one run. */
export interface RunAppend {
  readonly runId: string;
  /** In order; the first takes the sequence number of the run's size. Never empty. */
  readonly records: readonly StoredRecord[];
}

/** What a store keeps its lines in. `LogStore` does the rest: order, chain, group commit, tails, halting. */
export interface LogBackend {
  /** Writes all or none of it, and returns when it is durable. @throws whatever the medium says; nothing is tried again. */
  write(appends: readonly RunAppend[]): void | Promise<void>;
  /** Lines with `seq > afterSeq`, in order, at most `limit`. */
  read(runId: string, afterSeq: number, limit: number): readonly string[] | Promise<readonly string[]>;
  head(runId: string): RunHead | undefined | Promise<RunHead | undefined>;
  /** Newest first. */
  runs(options: { readonly limit: number; readonly before?: string }): readonly RunHead[] | Promise<readonly RunHead[]>;
  openRuns(): readonly RunHead[] | Promise<readonly RunHead[]>;
  /** Durable when it returns. */
  putBlob(digest: string, bytes: Uint8Array): void | Promise<void>;
  getBlob(digest: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  close(): void | Promise<void>;
}
