import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createJsonlStore, verifyLines } from "#evidence";
import type { EvidenceRecord, EvidenceStore, LogStoreOptions } from "#evidence";
import { recoverRuns } from "#orchestration";
import { eventIds } from "../evidence/support/event-ids.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { memoryDirectory } from "../evidence/support/state-directory.ts";
import { ManualClock } from "../support/clock.ts";
import { jobOf } from "../support/job.ts";
import { runnerOver } from "../support/runner.ts";
import { handlerOf } from "../support/step-handler.ts";

type Damage = Parameters<NonNullable<LogStoreOptions["onDamage"]>>[0];

const RUNS = ["run-1", "run-2", "run-3"];
const MINUTES = 60_000;

function open(directory: string, damage: Damage[] = []): EvidenceStore {
  return createJsonlStore(directory, { newEventId: eventIds(), onDamage: (found) => damage.push(found) });
}

function fileOf(directory: string, runId: string, name = "events.jsonl"): string {
  return join(directory, "runs", runId, name);
}

/** A state directory with three ended runs of one step each, whose target is not in ASCII. */
async function threeRuns(directory: string): Promise<void> {
  const store = open(directory);
  const runner = runnerOver(store, handlerOf());
  for (const jobId of RUNS) await (await runner.submit(jobOf([{ target: "ä€\u{1f600}" }], { jobId }))).result;
  await store.close();
}

/** Opens the store and closes what is open, as a start does. */
async function start(directory: string): Promise<readonly Damage[]> {
  const damage: Damage[] = [];
  const store = open(directory, damage);
  await recoverRuns(store, new ManualClock());
  await store.close();
  return damage;
}

/** Every file of the runs, by its name. */
function everything(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(join(directory, "runs"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return new Map(files.map((file) => [file, readFileSync(file, "base64")]));
}

function parsed(lines: readonly string[]): readonly EvidenceRecord[] {
  return lines.map((line) => JSON.parse(line) as EvidenceRecord); // written by the store
}

/** Holds one run's directory, after two starts, against what its file was and how much of it the crash left. */
async function expectLongestPrefix(directory: string, { runId, whole, length, damage }: CutRun): Promise<void> {
  const kept = whole.subarray(0, whole.subarray(0, length).lastIndexOf("\n") + 1);
  const torn = whole.subarray(kept.length, length);
  const now = readFileSync(fileOf(directory, runId));
  expect(now.subarray(0, kept.length)).toEqual(kept);
  const copy = `events.jsonl.torn-${kept.length}`;
  const tail = { offset: kept.length, bytes: torn.length, copy };
  expect(damage.filter((found) => found.runId === runId)).toMatchObject(
    torn.length === 0 ? [] : [{ kind: "torn", tail }],
  );
  if (torn.length > 0) expect(readFileSync(fileOf(directory, runId, copy))).toEqual(torn);
  if (length === whole.length || kept.length === 0) return expect(now).toEqual(kept);
  const lines = now.toString("utf8").split("\n").slice(0, -1);
  const note = parsed(lines)[kept.toString("latin1").split("\n").length - 1];
  expect(note).toMatchObject({ event_type: "log.recovered", ...(torn.length > 0 && { data: { cut: tail } }) });
  expect(await verifyLines(lines)).toMatchObject({ ok: true, complete: true });
}

interface CutRun {
  readonly runId: string;
  readonly whole: Buffer;
  /** How many bytes of it the crash left. */
  readonly length: number;
  readonly damage: readonly Damage[];
}

describe("P1 P3 P5 a log whose end was torn off", () => {
  it(
    "is cut back to its longest whole prefix, whichever byte it was cut at, and a second start changes nothing",
    async () => {
      using origin = memoryDirectory();
      await threeRuns(origin.path);
      const whole = new Map(RUNS.map((runId) => [runId, readFileSync(fileOf(origin.path, runId))]));
      const share = Math.ceil(Math.max(...[...whole.values()].map((bytes) => bytes.length + 1)) / RUNS.length);
      using state = memoryDirectory();
      // Each run is cut in another part of its log, so that every byte of a log is met while others are torn as well.
      for (let at = 0; at < share; at += 1) {
        rmSync(state.path, { recursive: true });
        cpSync(origin.path, state.path, { recursive: true });
        const cuts = [...whole].map(([runId, bytes], number) => {
          const length = Math.min(at + number * share, bytes.length);
          truncateSync(fileOf(state.path, runId), length);
          return { runId, whole: bytes, length };
        });
        const damage = await start(state.path);
        const first = everything(state.path);
        expect(await start(state.path)).toEqual([]);
        expect(everything(state.path)).toEqual(first);
        for (const cut of cuts) await expectLongestPrefix(state.path, { ...cut, damage });
      }
    },
    2 * MINUTES,
  );

  it("is told of in the log although the first start ended between the cut and its word about it", async () => {
    using state = memoryDirectory();
    await threeRuns(state.path);
    const path = fileOf(state.path, "run-1");
    truncateSync(path, readFileSync(path).length - 10);
    const damage: Damage[] = [];
    const store = open(state.path, damage);
    expect(await store.openRuns()).toMatchObject([
      { runId: "run-1", torn: { copy: damage[0]?.kind === "torn" && damage[0].tail.copy } },
    ]);
    await store.close();
    expect(await start(state.path)).toEqual([]);
    const records = parsed(readFileSync(path, "utf8").split("\n").slice(0, -1));
    expect(records.filter(({ event_type: type }) => type === "log.recovered")).toMatchObject([
      { data: { cut: { copy: expect.stringMatching(/^events\.jsonl\.torn-\d+$/) } } },
    ]);
  });

  it("keeps a copy of each tail when another one was torn off at the same place", async () => {
    using state = memoryDirectory();
    await threeRuns(state.path);
    const path = fileOf(state.path, "run-1");
    const whole = readFileSync(path);
    const offset = whole.subarray(0, -1).lastIndexOf("\n") + 1;
    for (const rest of ["one", "another", "one"]) {
      writeFileSync(path, Buffer.concat([whole.subarray(0, offset), Buffer.from(rest)]));
      const store = open(state.path);
      await store.openRuns();
      await store.close();
    }
    const copies = readdirSync(fileOf(state.path, "run-1", ".")).filter((name) => name.includes(".torn-"));
    expect(copies.map((copy) => readFileSync(fileOf(state.path, "run-1", copy), "utf8")).toSorted()).toEqual([
      "another",
      "one",
    ]);
  });
});

describe("P3 P5 a log with a line that does not hold", () => {
  const BROKEN: readonly (readonly [string, (lines: string[]) => string])[] = [
    ["in its middle", (lines) => lines.with(2, (lines[2] ?? "").replace("act", "cat")).join("\n")],
    ["in its middle that is no record", (lines) => lines.with(2, "\0".repeat(100)).join("\n")],
    ["at its beginning", (lines) => lines.with(0, "{}").join("\n")],
    [
      "at its end, which no crash has written",
      (lines) => lines.with(5, (lines[5] ?? "").replace("run.completed", "run.completes")).join("\n"),
    ],
    ["that was dropped", (lines) => lines.toSpliced(2, 1).join("\n")],
    ["behind its last word, torn or not", (lines) => `${lines.join("\n")}{"event`],
  ];

  it.each(BROKEN)("%s is refused in every call, named at the start, and left as it is", async (_where, broken) => {
    using state = memoryDirectory();
    await threeRuns(state.path);
    const path = fileOf(state.path, "run-2");
    const text = broken(readFileSync(path, "utf8").split("\n"));
    writeFileSync(path, text);
    const damage: Damage[] = [];
    const store = open(state.path, damage);
    expect(await recoverRuns(store, new ManualClock())).toEqual({ jobs: [], plans: [], handedOver: [], problems: [] });
    expect(damage).toMatchObject([{ kind: "broken", runId: "run-2" }]);
    const runner = runnerOver(store, handlerOf());
    const refused = { code: "EVIDENCE_BROKEN", message: expect.stringContaining("run-2") };
    await expect(store.read("run-2", -1, 10)).rejects.toMatchObject(refused);
    await expect(store.head("run-2")).rejects.toMatchObject(refused);
    await expect(store.tail("run-2", -1).next()).rejects.toMatchObject(refused);
    await expect(runner.get("run-2")).rejects.toMatchObject(refused);
    await expect(runner.submit(jobOf([{ target: "ä€\u{1f600}" }], { jobId: "run-2" }))).rejects.toMatchObject(refused);

    // The others are served, and new ones are taken.
    expect((await store.runs({ limit: 10 })).map(({ runId }) => runId)).toEqual(["run-3", "run-1"]);
    expect(await linesOf(store, "run-1")).toHaveLength(6);
    expect(await (await runner.submit(jobOf(1, { jobId: "run-4" }))).result).toMatchObject({
      finalStatus: "COMPLETED",
    });
    await store.close();
    expect(damage).toHaveLength(1);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("is not made worse by a line that was torn behind it", async () => {
    using state = memoryDirectory();
    await threeRuns(state.path);
    const path = fileOf(state.path, "run-2");
    appendFileSync(path, "{}\n{");
    expect(await start(state.path)).toMatchObject([{ kind: "broken", runId: "run-2", line: 7 }]);
  });
});
