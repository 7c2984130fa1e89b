import type { Cancellation } from "#model";
import type { Claimant, Hands, ListedRuns, RunHead, WaitingRun } from "./evidence-store.ts";
import type { StoredRecord } from "./record.ts";

/** Bytes of a payload that are read at once. */
export const BLOB_PIECE_BYTES = 64 * 1024;

/** Records that one commit adds to one run. */
export interface RunAppend {
  readonly runId: string;
  /** In order; the first takes the sequence number of the run's size. Never empty. */
  readonly records: readonly StoredRecord[];
}

/** Why lines were not written although the medium works: somebody else holds the run, or its log ends elsewhere. */
export type Refusal = "fenced" | "place";

/** What a medium tells its store that other processes write to as well. */
export interface SharedNews {
  /** Others have written to this run; undefined = they may have written to any that is not held here. */
  readonly changed: (runId: string | undefined) => void;
  /** Somebody else has taken these runs over. */
  readonly lost: (runIds: readonly string[]) => void;
  /** Another process has given these runs up, for such hands. */
  readonly free: (runIds: readonly string[], hands: Hands) => void;
  /** Somebody asks that a run that is held here be stopped. */
  readonly stopAsked: (runId: string, cancellation: Cancellation) => void;
}

/** What a medium does that several processes share. */
export interface SharedBackend {
  /** Called once, before anything is asked. */
  attach(news: SharedNews): void;
  /** Whether nobody else may write to this run, as far as is known. */
  holds(runId: string): boolean;
  /** Claims the open runs that nobody holds any more, oldest first. */
  takeOver(as: Claimant): Promise<readonly RunHead[]>;
  /** The same for one run; one that is held here stays so. */
  claim(runId: string, as: Claimant): Promise<RunHead | undefined>;
  /** Under which epoch the run is held here. */
  epochOf(runId: string): string | undefined;
  /** Gives up what is held here, for whoever comes first. */
  release(runId: string): Promise<void>;
  /** Gives up what is held here, for workers that serve `needs`. Answers whether it was held. */
  handOver(runId: string, needs: readonly string[]): Promise<boolean>;
  waiting(): Promise<readonly WaitingRun[]>;
  askToStop(runId: string, cancellation: Cancellation): Promise<void>;
  stopAsked(runId: string): Cancellation | undefined;
  /** From now on nothing is tried again. */
  giveUp(): void;
}

/** What a store keeps its lines in. `LogStore` does the rest: order, chain, group commit, tails, halting. */
export interface LogBackend {
  /** There if other processes write to the medium as well. It is then asked for no head before a run is created: it says itself. */
  readonly shared?: SharedBackend;
  /**
   * Writes all or none of it, and returns when it is durable; a shared medium answers with the runs of which nothing was written.
   * @throws whatever the medium says; nothing is tried again.
   */
  write(appends: readonly RunAppend[]): void | Promise<void> | Promise<ReadonlyMap<string, Refusal>>;
  /** Lines with `seq > afterSeq`, in order, at most `limit` and as many as make a page (`page.ts`). */
  read(runId: string, afterSeq: number, limit: number): readonly string[] | Promise<readonly string[]>;
  head(runId: string): RunHead | undefined | Promise<RunHead | undefined>;
  /** Newest first. */
  runs(options: ListedRuns): readonly RunHead[] | Promise<readonly RunHead[]>;
  openRuns(): readonly RunHead[] | Promise<readonly RunHead[]>;
  /** Runs whose log has a record behind its end, see `log-kind.ts`; oldest first. */
  reopenedRuns(): readonly RunHead[] | Promise<readonly RunHead[]>;
  /** Durable when it returns. */
  putBlob(digest: string, bytes: Uint8Array): void | Promise<void>;
  getBlob(digest: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * At most {@link BLOB_PIECE_BYTES} of the payload from `start` on, none at its end; undefined if it is not there. They are put
   * `into` the buffer, where one of that size is given.
   */
  readBlob(digest: string, start: number, into?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  close(): void | Promise<void>;
}
