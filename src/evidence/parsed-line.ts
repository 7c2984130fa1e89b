import { Fault } from "#model";
import type { EvidenceRecord } from "./record.ts";

/**
 * The record that a kept line says. What `verify` says of a line that is none, whoever merely reads it is told as well.
 * @throws {Fault} EVIDENCE_BROKEN
 */
export function parsedLine(line: string, runId: string, seq: number): EvidenceRecord {
  const value = parsedJson(line);
  if (value instanceof Object) return value as EvidenceRecord; // written by encodeRecord, or changed since
  throw new Fault(
    "EVIDENCE_BROKEN",
    `Record ${seq} of run ${runId} is no JSON object: it was changed where it is kept.`,
  );
}

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
