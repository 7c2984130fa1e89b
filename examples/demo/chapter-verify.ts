import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { verifyFile } from "#evidence";
import type { LogReport } from "#evidence";
import { logFile } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { flipOneByte } from "./tamper.ts";
import type { Testimony } from "./witness.ts";

const TAMPERED_LINE = 4;
const LOOKS = 100;
const BETWEEN_LOOKS_MS = 20;

/** What is verified: two logs, and what was seen of the first. */
export interface Logs {
  readonly packed: string;
  readonly failed: string;
  readonly testimony: Testimony;
}

/** Verifies both logs from their files, without the server, and then a copy in which one byte was changed. */
export async function verifyOffline(stage: Stage, { packed, failed, testimony }: Logs): Promise<void> {
  const { story, state } = stage;
  story.chapter("Verifying both logs, offline");
  story.say("The server keeps each log as a plain file as well. Nothing below asks the server.");
  story.say("");
  for (const runId of [packed, failed]) {
    const report = await wholeReport(logFile(stage, runId));
    story.expect(
      `runs/${runId}/events.jsonl: ${report.records} lines, the chain is whole, the log is complete`,
      report.ok && report.complete && report.runId === runId,
    );
    if (runId !== packed) continue;
    const head = testimony.seen.at(-1)?.hash;
    story.expect(
      `its head ${report.head?.slice(0, 8)}… is the last hash that this client was sent`,
      report.head === head,
    );
  }
  story.say("");
  story.say(`Now one bit of line ${TAMPERED_LINE} is flipped, in a copy of the first log:`);
  const copy = join(state, "tampered.jsonl");
  await flipOneByte(logFile(stage, packed), copy, TAMPERED_LINE);
  const { ok, problems } = await verifyFile(copy);
  for (const { line, message } of problems) story.say(`line ${line}: ${message}`);
  story.expect(
    `the copy does not hold, and line ${TAMPERED_LINE} is named`,
    !ok && problems[0]?.line === TAMPERED_LINE,
  );
}

/** The file follows the store by some 20 ms: what its last line lacks now may be there in a moment. */
async function wholeReport(path: string): Promise<LogReport> {
  let report = await verifyFile(path);
  for (let look = 1; look < LOOKS && !report.complete; look += 1) {
    await setTimeout(BETWEEN_LOOKS_MS);
    report = await verifyFile(path);
  }
  return report;
}
