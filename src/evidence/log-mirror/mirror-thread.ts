// Writes the copies of the logs, in a thread of its own: nobody waits for them.
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "#model";
import { RunFiles } from "./run-files.ts";
import type { RunFileProblem, RunText } from "./run-files.ts";

/** What the thread answers to each batch. */
export interface MirrorAnswer {
  /** Characters of the batch. */
  readonly written: number;
  readonly problems: readonly RunFileProblem[];
}

assert(parentPort !== null, "the mirror's thread has a parent");
const port = parentPort;
const files = new RunFiles(String(workerData));

port.on("message", (texts: readonly RunText[] | "close") => {
  if (texts === "close") return port.close();
  const problems = files.add(texts);
  const answer: MirrorAnswer = { written: texts.reduce((sum, { text }) => sum + text.length, 0), problems };
  port.postMessage(answer);
});
