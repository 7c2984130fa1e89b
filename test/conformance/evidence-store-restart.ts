import { expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { completed, created, note, notes } from "../evidence/support/drafts.ts";
import { drained, linesOf, seqs, upTo } from "../evidence/support/logs.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

/** What is there for the next process. */
export function restartLaws(subject: StoreSubject): void {
  test("everything that was durable reads back, byte for byte", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1"), ...notes(1, 1500 - 1)].slice(0, 1000));
    await store.append("run-1", 1000, notes(1000, 500));
    await store.append("run-2", 0, [created("run-2"), completed()]);
    const name = await store.putBlob(Buffer.from("a payload"));
    const before = {
      lines: [await linesOf(store, "run-1"), await linesOf(store, "run-2")],
      runs: await store.runs({ limit: 10 }),
      open: await store.openRuns(),
    };
    const again = await opened.reopen();
    expect([await linesOf(again, "run-1"), await linesOf(again, "run-2")]).toEqual(before.lines);
    expect(await again.runs({ limit: 10 })).toEqual(before.runs);
    expect(await again.openRuns()).toEqual(before.open);
    expect(Buffer.from((await again.getBlob(name)) ?? []).toString()).toBe("a payload");
    expect(again.halted).toBeUndefined();
  });

  test("an open run goes on where it stood and its chain holds over the restart", async () => {
    await using opened = openStore(subject);
    await opened.store.append("run-1", 0, [created("run-1"), note(1)]);
    const again = await opened.reopen();
    await expect(again.append("run-1", 1, [note(1)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    await again.append("run-1", 2, [note(2)]);
    const third = await opened.reopen();
    await third.append("run-1", 3, [completed()]);
    expect(await verifyLines(await linesOf(third, "run-1"), { laws: false })).toMatchObject({
      ok: true,
      records: 4,
      complete: true,
    });
  });

  test("a claimed or ended run id stays claimed after a restart", async () => {
    await using opened = openStore(subject);
    await opened.store.append("open", 0, [created("open")]);
    await opened.store.append("ended", 0, [created("ended"), completed()]);
    const again = await opened.reopen();
    for (const runId of ["open", "ended"])
      await expect(again.append(runId, 0, [created(runId)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    await expect(again.append("ended", 2, [note(2)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
  });

  test("a tail over a log from before the restart reads on with what is added", async () => {
    await using opened = openStore(subject);
    await opened.store.append("run-1", 0, [created("run-1"), ...notes(1, 299)]);
    const again = await opened.reopen();
    const reading = drained(again.tail("run-1", -1));
    await again.append("run-1", 300, [note(300), completed()]);
    expect(seqs(await reading)).toEqual(upTo(302));
  });

  test("more runs than are held open at once are all written and read", async () => {
    await using opened = openStore(subject);
    const ids = upTo(150).map((number) => `run-${number}`);
    await Promise.all(ids.map((id) => opened.store.append(id, 0, [created(id)])));
    await Promise.all(ids.map((id) => opened.store.append(id, 1, [note(1), completed()])));
    const before = await Promise.all(ids.map((id) => linesOf(opened.store, id)));
    const again = await opened.reopen();
    for (const [number, id] of ids.entries()) {
      const lines = await linesOf(again, id);
      expect(lines).toEqual(before[number]);
      expect(await verifyLines(lines, { laws: false })).toMatchObject({ ok: true, records: 3 });
    }
  });
}
