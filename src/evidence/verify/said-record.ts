import type { EvidenceRecord } from "../record.ts";

/** A record as its line says it: whoever wrote the line may have written anything. */
export type SaidRecord = Readonly<Partial<Record<keyof EvidenceRecord, unknown>>>;

/** Whether a value can be a place in a log. */
export function isSeq(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
