import type { CreatedLeaf, SealedLeaf } from "./leaf.ts";

/**
 * Port: the one append-only list of all runs of an installation.
 *
 * A leaf is taken at once and becomes durable later, together with whatever else came in meanwhile: nobody who runs a job
 * waits for it. A crash in between loses leaves, never records, and the next start makes up for them. After a failed write
 * the ledger halts: it takes no more leaves until a new start.
 */
export interface RunLedger {
  /** Tells of a run whose first record is durable. Told twice, it is written once. @throws {Fault} STORE_HALTED */
  created(leaf: CreatedLeaf): void;

  /**
   * Tells of a run's seal, once the run was told as created. Told twice, it is written once; the seal of a log that has gone on
   * since (`continues`) is another one. @throws {Fault} STORE_HALTED
   */
  sealed(leaf: SealedLeaf): void;

  /** The run that was created last, if any. */
  readonly newestRun: string | undefined;

  /** The runs that were created and not sealed, oldest first. */
  readonly unsealedRuns: Iterable<string>;

  /** Signed text of the newest checkpoint that is durable. */
  readonly checkpoint: string;

  /** Undefined while leaves are taken, else why no more are. */
  readonly halted: string | undefined;

  /**
   * Resolves when every leaf that was taken is durable and under a signed checkpoint.
   * @throws {Fault} STORE_HALTED after a failed write; SIGNER_UNAVAILABLE if it could not be signed.
   */
  settled(): Promise<void>;

  /** Writes what was taken, as far as it can, and takes no more. Safe to call twice. */
  close(): Promise<void>;
}
