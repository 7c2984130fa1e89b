import { assert, Fault } from "#model";
import { APPEND_BYTES } from "./append-bytes.ts";
import type { StoredRecord } from "./record.ts";

const LARGEST_PAGE = 1000;

/** A reader starts somewhere. */
export function requireStart(afterSeq: number): void {
  assert(Number.isSafeInteger(afterSeq) && afterSeq >= -1, "a reader starts after -1 or a sequence number");
}

/** A page is bounded. */
export function requirePage(limit: number): void {
  assert(Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_PAGE, `a page has 1..${LARGEST_PAGE} entries`);
}

/** @throws {Fault} LIMIT_EXCEEDED for an append that is too large. */
export function requireBoundedSize(runId: string, records: readonly StoredRecord[]): void {
  const characters = records.reduce((sum, { line }) => sum + line.length, 0);
  if (characters * 3 <= APPEND_BYTES) return; // a character has three bytes at most
  const bytes = records.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
  if (bytes <= APPEND_BYTES) return;
  throw new Fault(
    "LIMIT_EXCEEDED",
    `An append to run ${runId} has ${bytes} bytes; at most ${APPEND_BYTES} are allowed: keep payloads beside the log.`,
  );
}
