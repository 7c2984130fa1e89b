import type { Cancellation } from "#model";
import type { TornTail } from "./log-damage.ts";
import type { RecordDraft, StoredRecord } from "./record.ts";

/** What is known of a run without reading its log. */
export interface RunHead {
  readonly runId: string;
  /** Number of records. */
  readonly size: number;
  /** Hash of the last record. */
  readonly hash: string;
  /**
   * Whether the last word was said. A run's log ends with `run.completed`. A contract's log has a `contract.transitioned` to a
   * terminal state (COMPLETED, FAILED, REJECTED, EXPIRED), behind which verdicts, rollback and rollout may still be told.
   */
  readonly completed: boolean;
  /** What this start, or one that did not get further, cut off behind the last record. */
  readonly torn?: TornTail;
}

/** Which runs to list. */
export interface ListedRuns {
  /** At most so many, 1..1,000. */
  readonly limit: number;
  /** Only those that are older than this one; of one that is not there, none. */
  readonly before?: string;
  /** Only those whose id begins so. What it costs grows with their number, and not with that of all. */
  readonly begins?: string;
}

/** Whose turn a run is: of the processes that decide, or of those that only perform what was admitted. */
export type Hands = "driver" | "worker";

/** Who claims runs. */
export type Claimant =
  | { readonly hands: "driver" }
  | {
      readonly hands: "worker";
      /** Step types that it serves; of a run that needs another one nothing is claimed. */
      readonly serves: readonly string[];
      /** Runs at most, of which the oldest come first: 1..1,000, default 1,000. */
      readonly max?: number;
    };

/** A run that was handed over to workers and that none of them holds. */
export interface WaitingRun {
  readonly runId: string;
  /** Step types that a worker has to serve to perform it. */
  readonly needs: readonly string[];
  /** How long it has waited, in milliseconds. */
  readonly waitedMs: number;
}

/** How a log is followed. */
export interface TailOptions {
  readonly signal?: AbortSignal;
  /** Undefined = go on at once. */
  readonly beforeReading?: () => Promise<void> | undefined;
}

/**
 * Port: keeps the logs of all runs, append-only.
 *
 * One process owns a store at a time, or each run of it where several share one (`takeOver`). After any failed write the store halts: every later append is refused with
 * `STORE_HALTED` until a new start has read what really is on disk. Reads go on.
 */
export interface EvidenceStore {
  /**
   * Appends `drafts` as the records `at`, `at + 1`, ... of the run, all or none, and resolves when they are durable:
   * after a power cut they are there. At 0 the run is created. At most 1,000 drafts and 4 MiB. Behind `run.completed` nothing
   * is taken, but for one case: a run that ended `failed` is opened again by an append that begins with `run.resumed`. Behind
   * the terminal state of a contract an append may have `contract.verdict`, `contract.rollback` and `contract.rollout`, and nothing else.
   *
   * Where several processes share the store, whoever creates a run holds it, and whoever appends to a run that nobody holds claims it.
   * @throws {Fault} SEQUENCE_CONFLICT if the run's size is not `at`, or the run has ended; RUN_FENCED if another process holds
   * the run: then nothing of it was or will be written. STORE_HALTED after a failed write.
   */
  append(runId: string, at: number, drafts: readonly RecordDraft[]): Promise<readonly StoredRecord[]>;

  /**
   * Records with `seq > afterSeq` in order: at most `limit` (1..1,000), and about 64 KiB of lines, but one at least if there
   * is one. None if there is no more, or the run is unknown.
   */
  read(runId: string, afterSeq: number, limit: number): Promise<readonly StoredRecord[]>;

  /**
   * All records with `seq > afterSeq`, in batches as they become durable; ends after a `run.completed` that is the last record,
   * and goes on behind one if the run was opened again by the time that more is asked for. Of a contract that is terminal it
   * gives what there is, and ends.
   * Memory is bounded however slowly it is read: a batch is read when it is asked for, and has about 64 KiB of lines. Ends
   * silently when `signal` aborts. `beforeReading` is waited for whenever there may be something to read.
   * @throws {Fault} RUN_NOT_FOUND if there is no such run.
   */
  tail(runId: string, afterSeq: number, options?: TailOptions): AsyncGenerator<readonly StoredRecord[], void, void>;

  /** The run's head, or undefined if there is no such run. */
  head(runId: string): Promise<RunHead | undefined>;

  /** Newest first; without the logs of attempts that were handed over (their ids begin with `~`). */
  runs(options: ListedRuns): Promise<readonly RunHead[]>;

  /** Every run whose last word was not said, see `RunHead.completed`: of contracts, those that are not terminal. */
  openRuns(): Promise<readonly RunHead[]>;

  /**
   * Claims every open run that nobody drives any more and gives their heads, oldest first. Where one process owns the store, those
   * are all open runs, for it asks before it writes; where several share it, those whose owner has ended or was silent for
   * longer than its lease. From then on their former owner can append nothing to them.
   */
  takeOver(as?: Claimant): Promise<readonly RunHead[]>;

  /**
   * Claims one open run, as `takeOver` does; of a run that is held here already nothing changes. Undefined: it has ended, is unknown,
   * somebody else holds it, or it is not for such hands.
   */
  claim(runId: string, as: Claimant): Promise<RunHead | undefined>;

  /** Under which epoch this process holds the run, as text: it is 64 bits wide. Undefined: it does not, or one process owns the store. */
  epochOf(runId: string): string | undefined;

  /**
   * Gives up a run that is held here: whoever claims it next has it at once. Where one process owns the store, and of a run that
   * is not held here, nothing happens.
   */
  release(runId: string): Promise<void>;

  /**
   * Gives a run that is held here over to workers that serve the step types `needs` (at most 1,000). From then on no driver claims it.
   * @throws {Fault} RUN_FENCED if it is not held here; INVALID_CONFIGURATION where one process owns the store.
   */
  handOver(runId: string, needs: readonly string[]): Promise<void>;

  /** Runs that were handed over and that no worker holds, the oldest first, at most 1,000. Where one process owns the store, none. */
  waiting(): Promise<readonly WaitingRun[]>;

  /**
   * Asks whoever holds the run, or will, to stop it; durable, and of no effect once the run has ended. The first wish counts.
   * @throws {Fault} INVALID_CONFIGURATION where one process owns the store.
   */
  askToStop(runId: string, cancellation: Cancellation): Promise<void>;

  /** Why the run, which is held here, is to be stopped, as far as this process has heard. */
  stopAsked(runId: string): Cancellation | undefined;

  /**
   * Every run that was ever opened again after it had failed, whether it has ended since or not, and every contract of which
   * something was told behind its terminal state; oldest first.
   */
  reopenedRuns(): Promise<readonly RunHead[]>;

  /** Keeps a payload durably under its SHA-256 (base64url); the same bytes twice are kept once. Returns the digest. */
  putBlob(bytes: Uint8Array): Promise<string>;

  /** The payload, or undefined. The digest has been checked. @throws {Fault} EVIDENCE_BROKEN if it does not fit. */
  getBlob(digest: string): Promise<Uint8Array | undefined>;

  /** The payload's size in bytes, or undefined. Its digest has been checked. @throws {Fault} EVIDENCE_BROKEN if it does not fit. */
  blobSize(digest: string): Promise<number | undefined>;

  /** At most 64 KiB of the payload from `start` on, unchecked; none at its end. Nothing is held open in between. */
  readBlob(digest: string, start: number): Promise<Uint8Array>;

  /** Undefined while appends are taken, else why the store halted. */
  readonly halted: string | undefined;

  /** Ends all tails, waits for what is queued, frees the lock. Safe to call twice. */
  close(): Promise<void>;
}
