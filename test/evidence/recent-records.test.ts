import fc from "fast-check";
import { expect, test } from "vitest";
import type { EvidenceRecord, StoredRecord } from "#evidence";
import { PAGE_CHARACTERS } from "../../src/evidence/page.ts";
import { RecentRecords } from "../../src/evidence/recent-records.ts";
import { note } from "./support/drafts.ts";
import { seqs, upTo } from "./support/logs.ts";

const RECORDS_PER_RUN = 64;
const CHARACTERS_IN_ALL = 1024 * 1024;
const QUARTER = CHARACTERS_IN_ALL / 4;

function stored(runId: string, seq: number, characters = 10): StoredRecord {
  const record: EvidenceRecord = { ...note(seq), event_id: `event-${seq}`, run_id: runId, seq, hash: "A".repeat(43) };
  return { line: "x".repeat(characters), record };
}

function many(runId: string, from: number, count: number): readonly StoredRecord[] {
  return upTo(count, from).map((seq) => stored(runId, seq));
}

test("the newest records of a run are given from any place that is still here", () => {
  const recent = new RecentRecords();
  recent.add("run-1", many("run-1", 0, 10));
  expect(seqs(recent.since("run-1", -1) ?? [])).toEqual(upTo(10));
  expect(seqs(recent.since("run-1", 6) ?? [])).toEqual([7, 8, 9]);
  expect(recent.since("run-1", 9)).toEqual([]);
  expect(recent.since("run-1", 1_000_000)).toEqual([]);
});

test("a run of which nothing is here is not the same as a run without news", () => {
  expect(new RecentRecords().since("run-1", -1)).toBeUndefined();
});

test("of one run the newest 64 records are kept and one before them is no longer here", () => {
  const recent = new RecentRecords();
  recent.add("run-1", many("run-1", 0, 64));
  expect(recent.since("run-1", -1)).toHaveLength(RECORDS_PER_RUN);
  recent.add("run-1", many("run-1", 64, 1));
  expect(recent.since("run-1", -1)).toBeUndefined();
  expect(seqs(recent.since("run-1", 0) ?? [])).toEqual(upTo(64, 1));
  recent.add("run-1", many("run-1", 65, 1000));
  expect(seqs(recent.since("run-1", 1000) ?? [])).toEqual(upTo(64, 1001));
});

test("records that begin in the middle of a run are never given for its beginning", () => {
  const recent = new RecentRecords();
  recent.add("run-1", many("run-1", 10, 5));
  expect(recent.since("run-1", -1)).toBeUndefined();
  expect(recent.since("run-1", 8)).toBeUndefined();
  expect(seqs(recent.since("run-1", 9) ?? [])).toEqual(upTo(5, 10));
});

test("1 MiB of lines is kept in all, and one letter more forgets the run that was quiet longest", () => {
  const recent = new RecentRecords();
  for (const run of ["a", "b", "c", "d"]) recent.add(run, [stored(run, 0, QUARTER)]);
  for (const run of ["a", "b", "c", "d"]) expect(recent.since(run, -1)).toHaveLength(1);
  recent.add("b", [stored("b", 1, 1)]);
  expect(recent.since("a", -1)).toBeUndefined();
  for (const run of ["b", "c", "d"]) expect(recent.since(run, -1)).toBeDefined();
  recent.add("e", [stored("e", 0, QUARTER)]);
  expect(recent.since("c", -1)).toBeUndefined(); // b had news since
  expect(allSince(recent, "b", -1)).toHaveLength(2);
});

test("what is given at once is a page: 64 KiB of lines and not one letter more, but one record at least", () => {
  const recent = new RecentRecords();
  recent.add("run-1", [stored("run-1", 0, PAGE_CHARACTERS - 10), stored("run-1", 1, 10), stored("run-1", 2, 1)]);
  expect(seqs(recent.since("run-1", -1) ?? [])).toEqual([0, 1]);
  expect(seqs(recent.since("run-1", 0) ?? [])).toEqual([1, 2]);
  recent.add("run-1", [stored("run-1", 3, PAGE_CHARACTERS + 1), stored("run-1", 4)]);
  expect(seqs(recent.since("run-1", 2) ?? [])).toEqual([3]);
});

test("a record that alone is over 1 MiB is not kept", () => {
  const recent = new RecentRecords();
  recent.add("run-1", [stored("run-1", 0, CHARACTERS_IN_ALL + 1)]);
  expect(recent.since("run-1", -1)).toBeUndefined();
  recent.add("run-1", [stored("run-1", 1)]);
  expect(seqs(recent.since("run-1", 0) ?? [])).toEqual([1]);
});

test("what a busy run pushes out of its own records makes room for the others", () => {
  const recent = new RecentRecords();
  recent.add("quiet", [stored("quiet", 0)]);
  for (const seq of upTo(5000)) recent.add("busy", [stored("busy", seq, 1000)]);
  expect(recent.since("quiet", -1)).toHaveLength(1);
  expect(recent.since("busy", 4999 - RECORDS_PER_RUN)).toHaveLength(RECORDS_PER_RUN);
});

test("to forget a run, also one that was never here, makes room and harms no other", () => {
  const recent = new RecentRecords();
  for (const run of ["a", "b"]) recent.add(run, [stored(run, 0, 2 * QUARTER)]);
  recent.forget("a");
  recent.forget("a");
  recent.forget("nobody");
  recent.add("c", [stored("c", 0, 2 * QUARTER)]);
  expect(recent.since("a", -1)).toBeUndefined();
  for (const run of ["b", "c"]) expect(recent.since(run, -1)).toHaveLength(1);
});

test("whatever is added, what is given follows without a gap, and what is kept is bounded", () => {
  const adding = fc.record({
    run: fc.constantFrom("a", "b", "c"),
    count: fc.integer({ min: 1, max: 100 }),
    characters: fc.constantFrom(1, 1000, 100_000),
  });
  fc.assert(
    fc.property(fc.array(adding, { maxLength: 20 }), (addings) => {
      const recent = new RecentRecords();
      const sizes = new Map<string, number>();
      for (const { run, count, characters } of addings) {
        const size = sizes.get(run) ?? 0;
        recent.add(
          run,
          upTo(count, size).map((seq) => stored(run, seq, characters)),
        );
        sizes.set(run, size + count);
        const kept = ["a", "b", "c"].flatMap((name) => longest(recent, name, sizes.get(name) ?? 0));
        expect(kept.reduce((sum, { line }) => sum + line.length, 0)).toBeLessThanOrEqual(CHARACTERS_IN_ALL);
      }
    }),
  );
});

/** Page by page. */
function allSince(recent: RecentRecords, run: string, after: number): readonly StoredRecord[] | undefined {
  const page = recent.since(run, after);
  if (page === undefined || page.length === 0) return page;
  return [...page, ...(allSince(recent, run, after + page.length) ?? [])];
}

/** All that is here of a run of this size: it is without a gap up to its end. */
function longest(recent: RecentRecords, run: string, size: number): readonly StoredRecord[] {
  for (let after = Math.max(-1, size - RECORDS_PER_RUN - 2); after < size; after += 1) {
    const records = allSince(recent, run, after);
    if (records === undefined) continue;
    expect(seqs(records)).toEqual(upTo(size - after - 1, after + 1));
    expect(records.length).toBeLessThanOrEqual(RECORDS_PER_RUN);
    return records;
  }
  return [];
}
