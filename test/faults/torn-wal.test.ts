import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createSqliteStore, verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { completed, created, note, stepSucceeded } from "../evidence/support/drafts.ts";
import { eventIds } from "../evidence/support/event-ids.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { memoryDirectory } from "../evidence/support/state-directory.ts";

/** SQLite's write-ahead log: a header, then frames of a header and a page. */
const [WAL_HEADER_BYTES, FRAME_BYTES] = [32, 24 + 4096];

/** One acknowledged append, and how long the write-ahead log was when it was told. */
interface Told {
  readonly runId: string;
  readonly lines: readonly string[];
  readonly walBytes: number;
}

function open(directory: string): EvidenceStore {
  return createSqliteStore(directory, { newEventId: eventIds() });
}

/** Appends to two runs, and copies what is on disk while the store is still open, as a power cut would leave it. */
async function appendAndCopy(directory: string, copy: string): Promise<readonly Told[]> {
  const store = open(directory);
  const told: Told[] = [];
  const append = async (runId: string, ...[at, drafts]: [number, Parameters<EvidenceStore["append"]>[2]]) => {
    const lines = (await store.append(runId, at, drafts)).map(({ line }) => line);
    told.push({ runId, lines, walBytes: statSync(join(directory, "evidence.db-wal")).size });
  };
  for (const runId of ["run-1", "run-2"]) await append(runId, 0, [created(runId), note(1)]);
  const long = stepSucceeded(0, { output: "ä€\u{1f600}".repeat(500) });
  for (const at of [2, 4]) for (const runId of ["run-2", "run-1"]) await append(runId, at, [long, note(at + 1)]);
  await append("run-1", 6, [completed()]);
  mkdirSync(copy);
  for (const file of ["evidence.db", "evidence.db-wal"]) cpSync(join(directory, file), join(copy, file));
  await store.close();
  return told;
}

/** Before and at each border of a frame, and in its middle. */
function cutsOf(walBytes: number): readonly number[] {
  const cuts = [0, 1];
  for (let border = WAL_HEADER_BYTES; border <= walBytes; border += FRAME_BYTES) cuts.push(border - 1, border);
  for (let middle = FRAME_BYTES / 2; middle <= walBytes; middle += 5 * FRAME_BYTES) cuts.push(middle);
  return cuts.filter((cut) => cut <= walBytes);
}

it("P1 P5 a write-ahead log that was cut anywhere gives a prefix of what was told, with all that was synced before the cut", async () => {
  using origin = memoryDirectory();
  const copy = join(origin.path, "copy");
  const told = await appendAndCopy(join(origin.path, "state"), copy);
  const wal = readFileSync(join(copy, "evidence.db-wal"));
  const cuts = cutsOf(wal.length);
  expect(cuts.length).toBeGreaterThan(50);
  expect(new Set(told.map(({ walBytes }) => walBytes)).size).toBe(told.length);
  using state = memoryDirectory();
  for (const [number, cut] of cuts.entries()) {
    rmSync(state.path, { recursive: true });
    cpSync(copy, state.path, { recursive: true });
    writeFileSync(join(state.path, "evidence.db-wal"), wal.subarray(0, cut));
    const kept = told.filter(({ walBytes }) => walBytes <= cut);
    for (const start of number % 20 === 0 ? ["first", "second"] : ["first"]) {
      const store = open(state.path);
      // Nothing waits in the write-ahead log any more: what is shown was written and synced by this start.
      expect({ cut, start, wal: statSync(join(state.path, "evidence.db-wal")).size }).toMatchObject({ wal: 0 });
      for (const runId of ["run-1", "run-2"]) {
        const expected = kept.filter((append) => append.runId === runId).flatMap(({ lines }) => lines);
        const lines = await linesOf(store, runId);
        expect({ cut, start, lines }).toEqual({ cut, start, lines: expected });
        if (lines.length > 0) expect(await verifyLines(lines, { laws: false })).toMatchObject({ ok: true });
      }
      await store.close();
    }
  }
}, 120_000);
