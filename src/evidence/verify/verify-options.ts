import type { SaidRecord } from "./said-record.ts";

/** What a seal says whose signature was checked. */
export interface SealedLog {
  readonly runId: string;
  /** Number of lines. */
  readonly size: number;
  /** Hash of the last line. */
  readonly head: string;
  /** Root of the Merkle tree (RFC 9162) over the lines, base64url. */
  readonly merkleRoot: string;
  readonly planHash: string;
}

/** What a checkpoint in a log says. */
export interface LogCheckpoint {
  readonly runId: string;
  /** Number of lines before the checkpoint's own. */
  readonly size: number;
  /** Hash of the last of them. */
  readonly head: string;
  readonly keyId: string;
  /** Base64url. */
  readonly signature: string;
}

/** Tells whether a checkpoint was signed by a key that is trusted. */
export type CheckpointJudge = (checkpoint: LogCheckpoint) => "valid" | "bad_signature" | "unknown_key";

/** What is known of a log beforehand; what is absent is not looked at. */
export interface VerifyOptions {
  /** Whose log it should be; absent = the seal's, else whose log the first line says. */
  readonly runId?: string;
  readonly sealed?: SealedLog;
  readonly checkpoints?: CheckpointJudge;
  /** Hashes of lines by sequence number, as somebody was sent them while the run went on. */
  readonly expected?: ReadonlyMap<number, string>;
  /** What `plan_hash` has to be, or says it when the first record is known. */
  readonly planHash?: string | ((created: SaidRecord) => string);
  /** Whether the records are held to the laws of the machine too; default true. */
  readonly laws?: boolean;
}
