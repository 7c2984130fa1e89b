import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { Fault } from "#model";
import { digest } from "./canonical-json.ts";
import { BLOB_PIECE_BYTES } from "./log-backend.ts";
import type { LogBackend } from "./log-backend.ts";

/** Bytes that are hashed in one turn of the event loop. */
const BYTES_A_TURN = 8 * BLOB_PIECE_BYTES;

type Blobs = Pick<LogBackend, "getBlob" | "readBlob">;

/** The payload, or undefined if it is not there. @throws {Fault} EVIDENCE_BROKEN if its digest does not fit. */
export async function wholeBlob(blobs: Blobs, name: string): Promise<Uint8Array | undefined> {
  const bytes = await blobs.getBlob(name);
  if (bytes === undefined || digest(bytes) === name) return bytes;
  throw broken(name);
}

/** The size of a payload whose digest fits, read piece by piece; undefined if it is not there. @throws {Fault} EVIDENCE_BROKEN */
export async function blobSize(blobs: Blobs, name: string): Promise<number | undefined> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(BLOB_PIECE_BYTES);
  let size = 0;
  for (;;) {
    const piece = await blobs.readBlob(name, size, buffer);
    if (piece === undefined) return undefined;
    if (piece.length === 0) break;
    if (size % BYTES_A_TURN === 0) await turn(); // for everybody else
    hash.update(piece);
    size += piece.length;
  }
  if (hash.digest("base64url") === name) return size;
  throw broken(name);
}

/** A piece of a payload that was there before. @throws {Fault} EVIDENCE_BROKEN if it is no longer. */
export async function blobPiece(blobs: Blobs, name: string, start: number): Promise<Uint8Array> {
  const piece = await blobs.readBlob(name, start);
  if (piece !== undefined) return piece;
  throw new Fault("EVIDENCE_BROKEN", `The payload ${name} was taken away while it was read.`);
}

function broken(name: string): Fault {
  return new Fault("EVIDENCE_BROKEN", `The payload ${name} does not have the digest that it is kept under.`);
}
