import { z } from "zod";
import type { RecordDraft } from "./record.ts";
import type { PublicKey } from "./signing/public-key.ts";
import type { Signer } from "./signing/signer.ts";

const KIND = "verbatim/log-checkpoint/v1";

const checkpointSchema = z.strictObject({
  size: z.int().min(1),
  head: z.string().max(64),
  keyid: z.string().max(64),
  sig: z.base64url().max(256),
});

/** What a checkpoint says of the lines before it. */
export interface LogPoint {
  readonly runId: string;
  /** Number of lines before the checkpoint. */
  readonly size: number;
  /** Hash of the last of them. */
  readonly head: string;
}

/** The record `log.checkpoint` that signs all lines before it. @throws {Fault} SIGNER_UNAVAILABLE */
export async function checkpointDraft(point: LogPoint, signer: Signer, timestamp: string): Promise<RecordDraft> {
  const signature = await signer.sign(signedText(point));
  const { size, head } = point;
  return {
    event_type: "log.checkpoint",
    timestamp_utc: timestamp,
    actor: "verbatim",
    attempt: 0,
    data: { size, head, keyid: signer.keyId, sig: Buffer.from(signature).toString("base64url") },
  };
}

/** What can be said of a checkpoint's signature with the keys at hand. */
export type CheckpointVerdict = "valid" | "bad_signature" | "unknown_key" | "malformed";

/** Judges the data of a `log.checkpoint` of a run's log by its signature; whether it fits the log is another question. */
export function judgeCheckpoint(runId: string, data: unknown, keys: readonly PublicKey[]): CheckpointVerdict {
  const parsed = checkpointSchema.safeParse(data);
  if (!parsed.success) return "malformed";
  const { size, head, keyid, sig } = parsed.data;
  const key = keys.find((candidate) => candidate.keyId === keyid);
  if (key === undefined) return "unknown_key";
  return key.verifies(signedText({ runId, size, head }), Buffer.from(sig, "base64url")) ? "valid" : "bad_signature";
}

function signedText({ runId, size, head }: LogPoint): Buffer {
  return Buffer.from(`${KIND}\n${runId}\n${size}\n${head}\n`);
}
