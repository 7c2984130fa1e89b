import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stateDirectory } from "../evidence/support/state-directory.ts";
import { startStoreChild, strace } from "../evidence/support/store-child.ts";
import { syncTrace, tracedCalls } from "../evidence/support/traced-syncs.ts";
import { lacks } from "../support/needs.ts";

const RECORDS = 8;
const STORES = [
  { kind: "sqlite", log: "evidence.db-wal" },
  { kind: "jsonl", log: "runs/run-1/events.jsonl" },
] as const;

/**
 * What a real process synced before each of its answers, as the operating system saw it: paths from its state directory.
 * The first answer says that the store is open, each other one that a record is stored.
 */
async function syncedBeforeAnswers(kind: "sqlite" | "jsonl"): Promise<readonly (readonly string[])[]> {
  using state = stateDirectory();
  const [directory, trace] = [join(state.path, "state"), join(state.path, "trace")];
  await using child = await startStoreChild(kind, directory, [strace(), ...syncTrace(trace)]);
  for (let at = 0; at < RECORDS; at += 1) await child.ask({ do: "append", runId: "run-1", at, count: 1 });
  await child.end();
  const answers: string[][] = [[]];
  for (const { kind: did, path } of tracedCalls(trace)) {
    if (did === "answer") answers.push([]);
    else answers.at(-1)?.push(path.slice(directory.length + 1));
  }
  return answers.slice(0, RECORDS + 1);
}

describe.skipIf(lacks("strace"))(
  "P1: what is told was synced before it was told, as the operating system saw it",
  () => {
    it.each(STORES)("P1: $kind has synced its log before each of eight records is told", async ({ kind, log }) => {
      const [, ...records] = await syncedBeforeAnswers(kind);
      expect(records).toHaveLength(RECORDS);
      for (const synced of records) expect(synced).toContain(log);
    });

    it("P1: jsonl has synced the name of a new log as well before its first record is told", async () => {
      const [, first, second] = await syncedBeforeAnswers("jsonl");
      expect(first).toEqual(expect.arrayContaining(["runs/run-1", "runs"]));
      expect(second).toEqual(["runs/run-1/events.jsonl"]);
    });
  },
);
