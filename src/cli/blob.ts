import { createHash } from "node:crypto";
import type { VerbatimClient } from "#api";
import type { BlobReference } from "#evidence";
import { Fault } from "#model";

/** A payload that lies beside a log. */
export interface BlobSource {
  readonly runId: string;
  readonly reference: BlobReference;
}

/**
 * The bytes of a payload, as they come. Whoever reads to the end knows that they are those that the log names.
 * @throws {Fault} EVIDENCE_BROKEN at the end if they are not.
 */
export async function* blobChunks(
  { evidence }: VerbatimClient,
  { runId, reference }: BlobSource,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash("sha256");
  for await (const { chunk } of evidence.readBlob({ runId, digest: reference.$blob })) {
    hash.update(chunk);
    yield chunk;
  }
  const digest = hash.digest("base64url");
  if (digest === reference.$blob) return;
  throw new Fault(
    "EVIDENCE_BROKEN",
    `The payload has the hash ${digest}; the log of run ${runId} names ${reference.$blob}.`,
  );
}

/** A whole payload of at most `limit` bytes. @throws {Fault} EVIDENCE_BROKEN if it is another one; LIMIT_EXCEEDED. */
export async function wholeBlob(client: VerbatimClient, source: BlobSource, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of blobChunks(client, source)) {
    bytes += chunk.length;
    if (bytes > limit)
      throw new Fault("LIMIT_EXCEEDED", `A payload of run ${source.runId} is larger than ${limit} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
