import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { Fault } from "#model";
import { chainHash, genesis, openLine } from "../../chain.ts";
import type { RunHead } from "../../evidence-store.ts";
import { endedWithLine, mayGoOnBehind, mayStandBehind } from "../../log-kind.ts";
import { saidBy } from "../../opened-again.ts";
import { scanLines } from "../line-file.ts";

/** The log of one run, as it stands in its file. */
export interface RunFile {
  /** Open for reading and appending. */
  readonly file: number;
  /** Byte offset of every line that holds, and of the end of the last one. */
  readonly offsets: number[];
  head: RunHead;
  /** Whether it went on behind its end. */
  reopened: boolean;
}

/** A file that was read, and what stands behind its last line that holds. */
export interface ReadRunFile extends RunFile {
  /** `torn`: the beginning of a line, which a crash can leave. `broken`: what no crash leaves. */
  readonly rest: "nothing" | "torn" | "broken";
}

/**
 * Opens a run's file and reads it as far as its chain holds, up to the byte offset `to`, if it is given.
 * @throws what the system says of the file.
 */
export function readRunFile(path: string, runId: string, to?: number): ReadRunFile {
  const file = openSync(path, "a+", 0o600);
  try {
    const offsets = [0];
    let head: RunHead = { runId, size: 0, hash: genesis(runId), completed: false };
    let rest: ReadRunFile["rest"] = "nothing";
    let [last, reopened] = ["", false];
    for (const { text, end, whole } of scanLines(file, { from: 0, to: to ?? fstatSync(file).size })) {
      const mayGoOn =
        !head.completed || (whole ? mayStandBehind(saidBy(last), saidBy(text)) : mayGoOnBehind(saidBy(last)));
      const hash = whole && mayGoOn ? hashThatFits(text, head) : undefined;
      if (hash === undefined) {
        rest = whole || !mayGoOn ? "broken" : "torn";
        break;
      }
      offsets.push(end);
      const completed = endedWithLine(text, head.completed);
      reopened ||= head.completed;
      head = { runId, size: head.size + 1, hash, completed };
      last = completed ? text : "";
    }
    return { file, offsets, head, reopened, rest };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** The hash of a line that goes on from this head; undefined if it does not. */
function hashThatFits(text: string, { hash }: RunHead): string | undefined {
  const line = openLine(text);
  return line === undefined || chainHash(hash, line.body) !== line.hash ? undefined : line.hash;
}

/** The bytes behind the last line that holds. */
export function readRest({ file, offsets }: RunFile): Buffer {
  const start = offsets.at(-1) ?? 0;
  const bytes = Buffer.alloc(fstatSync(file).size - start);
  let read = 0;
  while (read < bytes.length) {
    const count = readSync(file, bytes, read, bytes.length - read, start + read);
    if (count === 0) break;
    read += count;
  }
  return bytes.subarray(0, read);
}

/** The fault for every call about a run whose log does not hold. */
export function brokenLog(runId: string, line: number): Fault {
  return new Fault(
    "EVIDENCE_BROKEN",
    `The log of run ${runId} does not hold from its line ${line} on, which no crash can have done: nothing is answered from it, and nothing is added to it. Keep the state directory as it is, look with \`verbatim verify\` at runs/${runId}/events.jsonl, and put back a copy that holds.`,
  );
}
