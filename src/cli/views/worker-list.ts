import type { WorkersSeen } from "../host.ts";
import { counted, secondsText } from "../text/words.ts";
import { tableText } from "../text/table.ts";

const NOBODY = "No worker lives: what is handed over waits for one.\n";
const NOTHING = "Nothing waits.\n";
const WORKERS = ["WORKER", "JOBS", "UP", "SERVES"];
const WAITING = ["WAITING", "FOR", "NEEDS", ""];
const MS = 1000;

/** The workers that live, and what waits for one; what nobody serves is named. */
export function workerListText({ workers, waiting }: WorkersSeen): string {
  const living = workers.map(({ name, busy, concurrency, upMs, serves }) => [
    name,
    `${busy} of ${concurrency}`,
    secondsText(Math.floor(upMs / MS)),
    serves.join(", "),
  ]);
  const runs = waiting.map(({ runId, waitedMs, needs, missing }) => [
    runId,
    secondsText(Math.floor(waitedMs / MS)),
    needs.join(", "),
    missingText(missing),
  ]);
  const unserved = waiting.filter(({ missing }) => missing !== undefined).length;
  const last =
    unserved === 0
      ? ""
      : `\n${counted(unserved, "job")} that no worker can take: start one that serves what is needed.\n`;
  const first = living.length === 0 ? NOBODY : tableText(WORKERS, living);
  return `${first}\n${runs.length === 0 ? NOTHING : tableText(WAITING, runs)}${last}`;
}

function missingText(missing: readonly string[] | undefined): string {
  if (missing === undefined) return "";
  return missing.length === 0 ? "no worker serves all of it" : `nobody serves ${missing.join(", ")}`;
}
