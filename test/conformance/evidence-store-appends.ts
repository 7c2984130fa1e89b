import fc from "fast-check";
import { expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { anyDraft } from "../evidence/support/arbitrary-drafts.ts";
import { completed, created, draft, note, notes } from "../evidence/support/drafts.ts";
import { eventIds } from "../evidence/support/event-ids.ts";
import { linesOf, seqs, upTo } from "../evidence/support/logs.ts";
import { referenceLines } from "../evidence/support/reference-format.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

/** Order, chain, all or none, and the exact bytes. */
export function appendLaws(subject: StoreSubject): void {
  test("an append at 0 creates the run and answers its records", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const stored = await store.append("run-1", 0, [created("run-1")]);
    expect(stored).toHaveLength(1);
    expect(stored[0]?.record).toMatchObject({ event_type: "run.created", run_id: "run-1", seq: 0 });
    expect(stored[0]?.line).toMatch(/^\{"event_id":"[^"]+","event_type":"run.created".*,"hash":"[\w-]{43}"\}$/);
    expect(await linesOf(store, "run-1")).toEqual([stored[0]?.line]);
  });

  test("several drafts of one append take consecutive places in their order", async () => {
    await using opened = openStore(subject);
    const stored = await opened.store.append("run-1", 0, [created("run-1"), ...notes(1, 9)]);
    expect(seqs(stored)).toEqual(upTo(10));
    expect(stored.slice(1).map(({ record }) => record.data)).toEqual(upTo(9, 1).map((number) => ({ number })));
  });

  test("the largest append of 1,000 drafts is stored whole", async () => {
    await using opened = openStore(subject);
    await opened.store.append("run-1", 0, [created("run-1"), ...notes(1, 999)]);
    expect(await opened.store.head("run-1")).toMatchObject({ size: 1000, completed: false });
  });

  test.each([
    ["no drafts at all", 0],
    ["one draft more than 1,000", 1001],
  ])("an append of %s is our own mistake and stores nothing", async (_case, count) => {
    await using opened = openStore(subject);
    const { store } = opened;
    await expect(async () => store.append("run-1", 0, notes(0, count))).rejects.toThrow("1..1000 drafts");
    expect(await store.head("run-1")).toBeUndefined();
    expect(store.halted).toBeUndefined();
  });

  test("an append over 4 MiB is refused whole and the run stays as it was", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const mebibyte = "x".repeat(1024 * 1024);
    const large = (count: number) => Array.from({ length: count }, () => draft("log.checkpoint", { reason: mebibyte }));
    await store.append("run-1", 0, [created("run-1"), ...large(3)]);
    await expect(store.append("run-1", 4, large(4))).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(await store.head("run-1")).toMatchObject({ size: 4 });
    expect(store.halted).toBeUndefined();
    await store.append("run-1", 4, [completed()]);
  });

  test.each([
    ["outside the directory", "../escape"],
    ["of no letter", ""],
    ["with a leading dot", ".hidden"],
    ["with a slash", "a/b"],
    ["with a NUL", "a\u0000b"],
    ["with a letter beyond ASCII", "ü"],
    ["with a line feed at its end", "a\n"],
    ["of 129 letters", "a".repeat(129)],
  ])("a run id %s is our own mistake and creates nothing", async (_case, runId) => {
    await using opened = openStore(subject);
    await expect(async () => opened.store.append(runId, 0, [created("x")])).rejects.toThrow("run id");
    expect(await opened.store.runs({ limit: 10 })).toEqual([]);
    expect(await opened.store.head(runId)).toBeUndefined();
  });

  test("run ids of every allowed form have logs of their own", async () => {
    await using opened = openStore(subject);
    const ids = ["A", "a", "0", "a.b", "a..b", "a_b", "a-b", "9".repeat(128)];
    await Promise.all(ids.map((id) => opened.store.append(id, 0, [created(id)])));
    for (const id of ids) expect((await opened.store.read(id, -1, 1))[0]?.record.job_id).toBe(id);
  });

  test.each([
    ["one too early", 1],
    ["one too late", 3],
    ["at 0, where the run was created", 0],
    ["before the beginning", -1],
    ["between two places", 1.5],
  ])("an append %s is a sequence conflict and changes nothing", async (_case, at) => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1"), note(1)]);
    const before = await linesOf(store, "run-1");
    await expect(store.append("run-1", at, [note(2)])).rejects.toMatchObject({
      name: "Fault",
      code: "SEQUENCE_CONFLICT",
      message: `Run run-1 has 2 records; an append came for position ${at}.`,
    });
    expect(await linesOf(store, "run-1")).toEqual(before);
    await store.append("run-1", 2, [note(2)]);
  });

  test("an append in the middle of a run that does not exist is a sequence conflict", async () => {
    await using opened = openStore(subject);
    await expect(opened.store.append("run-1", 1, [note(1)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    expect(await opened.store.head("run-1")).toBeUndefined();
  });

  test("nothing is appended behind the end of a run", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1"), completed()]);
    await expect(store.append("run-1", 2, [note(2)])).rejects.toMatchObject({
      code: "SEQUENCE_CONFLICT",
      message: "Run run-1 has 2 records and ended; an append came for position 2.",
    });
  });

  test("of many claims on one run id exactly one is accepted", async () => {
    await using opened = openStore(subject);
    const claims = Array.from({ length: 50 }, (_nothing, number) =>
      opened.store.append("run-1", 0, [created("run-1"), note(number)]),
    );
    const settled = await Promise.allSettled(claims);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await opened.store.head("run-1")).toMatchObject({ size: 2 });
  });

  test("a draft that JSON cannot say is refused and neither halts the store nor takes a place", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1")]);
    const bad = draft("step.succeeded", { output: "\ud800" });
    await expect(store.append("run-1", 1, [note(1), bad])).rejects.toThrow();
    expect(store.halted).toBeUndefined();
    expect(await store.head("run-1")).toMatchObject({ size: 1 });
    await store.append("run-1", 1, [note(1)]);
  });

  test("appends of one run that are not waited for are stored in the order they were asked", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const asked = [created("run-1"), ...notes(1, 40)].map((said, at) => store.append("run-1", at, [said]));
    expect((await Promise.all(asked)).flatMap((stored) => stored.map(({ record }) => record.seq))).toEqual(upTo(41));
    expect(await verifyLines(await linesOf(store, "run-1"), { laws: false })).toMatchObject({ ok: true, records: 41 });
  });

  test("every commit is told once it is durable, each record exactly once and in order", async () => {
    const told: string[] = [];
    await using opened = openStore(subject, {
      newEventId: eventIds(),
      onCommit: (appends) => told.push(...appends.flatMap(({ records }) => records.map(({ line }) => line))),
    });
    const { store } = opened;
    const first = await store.append("run-1", 0, [created("run-1")]);
    expect(told).toEqual(first.map(({ line }) => line));
    await expect(store.append("run-1", 7, [note(7)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    await store.append("run-1", 1, notes(1, 3));
    expect(told).toEqual(await linesOf(store, "run-1"));
  });

  test("any drafts give, byte for byte, the lines that the format prescribes", async () => {
    let nextId = eventIds();
    await using opened = openStore(subject, { newEventId: () => nextId() });
    const { store } = opened;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyDraft, { minLength: 1, maxLength: 12 }), async (drafts) => {
        run += 1;
        nextId = eventIds();
        const stored = await store.append(`run-${run}`, 0, drafts);
        const lines = await linesOf(store, `run-${run}`);
        expect(lines).toEqual(referenceLines(`run-${run}`, drafts, eventIds()));
        expect(stored.map(({ line }) => line)).toEqual(lines);
        for (const { line, record } of stored) expect(record).toEqual(JSON.parse(line));
      }),
    );
  });
}
