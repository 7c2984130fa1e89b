import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { VerbatimClient } from "#api";
import { verifyLines } from "#evidence";
import type { EvidenceRecord } from "#evidence";

/** A log as a node gives it out, checked here, without the cluster. */
export interface CheckedLog {
  readonly runId: string;
  readonly records: readonly EvidenceRecord[];
  /** Whether every line holds, and the log has its last word. */
  readonly holds: boolean;
}

/** Reads a log over the wire and verifies its lines on this side. */
export async function checkedLog({ evidence }: VerbatimClient, runId: string): Promise<CheckedLog> {
  const lines: string[] = [];
  for await (const answer of evidence.readLog({ runId }))
    lines.push(...answer.lines.map(({ line }) => Buffer.from(line).toString("utf8")));
  const report = await verifyLines(lines);
  const records = lines.map((line) => JSON.parse(line) as EvidenceRecord); // what they are is looked at above
  return { runId, records, holds: report.ok && report.complete };
}

/** Where the log of an attempt lies that a worker has performed: its name follows from the attempt's job id. */
export function attemptLog(jobId: string): string {
  return `~${createHash("sha256").update(jobId).digest("base64url")}`;
}

/** What the steps have really done, by their own word: `JOB/STEP` and the epoch, in the order in which they did it. */
export async function effects(
  directory: string,
): Promise<readonly { readonly step: string; readonly epoch: string }[]> {
  const text = await readFile(join(directory, "effects"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [step = "", epoch = ""] = line.split(" ");
      return { step, epoch };
    });
}
