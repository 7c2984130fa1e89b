import { expect, test } from "vitest";
import { completed, created, note, notes } from "../evidence/support/drafts.ts";
import { drained } from "../evidence/support/logs.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

/** The end of a store. */
export function closingLaws(subject: StoreSubject): void {
  test("a store closes twice, also at once, and says that it takes no more", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    expect(store.halted).toBeUndefined();
    await Promise.all([store.close(), store.close()]);
    await store.close();
    expect(store.halted).toBe("it was closed");
  });

  test("what was queued before the close is stored and answered", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const asked = [created("run-1"), ...notes(1, 9)].map((said, at) => store.append("run-1", at, [said]));
    const closing = store.close();
    expect((await Promise.all(asked)).flat()).toHaveLength(10);
    await closing;
    if (subject.outlivesProcess) expect(await (await opened.reopen()).head("run-1")).toMatchObject({ size: 10 });
  });

  test("an append and a payload after the close are refused with the reason", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1")]);
    await store.close();
    const refusal = { code: "STORE_HALTED", message: expect.stringContaining("it was closed") };
    await expect(store.append("run-1", 1, [note(1)])).rejects.toMatchObject(refusal);
    await expect(store.putBlob(Buffer.from("a payload"))).rejects.toMatchObject(refusal);
  });

  test("a closed store answers no question and opens no file again", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1")]);
    await store.append("run-2", 0, [created("run-2"), completed()]);
    const name = await store.putBlob(Buffer.from("a payload"));
    await store.close();
    const refusal = { code: "STORE_HALTED", message: expect.stringContaining("it was closed") };
    for (const runId of ["run-1", "run-2", "no-such-run"]) {
      await expect(store.head(runId)).rejects.toMatchObject(refusal);
      await expect(store.read(runId, -1, 10)).rejects.toMatchObject(refusal);
      await expect(store.tail(runId, -1).next()).rejects.toMatchObject(refusal);
    }
    await expect(store.runs({ limit: 10 })).rejects.toMatchObject(refusal);
    await expect(store.openRuns()).rejects.toMatchObject(refusal);
    await expect(store.getBlob(name)).rejects.toMatchObject(refusal);
  });

  test("a close ends the waiting tails silently", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1")]);
    await store.append("run-2", 0, [created("run-2"), note(1)]);
    const readers = [
      drained(store.tail("run-1", 0)),
      drained(store.tail("run-2", -1)),
      drained(store.tail("run-2", 9)),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    await store.close();
    expect((await Promise.all(readers)).map((records) => records.length)).toEqual([0, 2, 0]);
  });

  test("tails that were opened in the turn of the close end silently or say that the store is closed", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1")]);
    const endings: string[] = [];
    for (let delay = 0; delay < 12; delay += 1) {
      const reading = drained(store.tail("run-1", -1)).then(
        () => endings.push("ended"),
        (fault: unknown) => endings.push((fault as { readonly code: string }).code), // only Faults are expected
      );
      if (delay === 6) void store.close();
      await Promise.race([reading, Promise.resolve()]);
    }
    await store.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(endings).toHaveLength(12);
    expect(new Set(endings).difference(new Set(["ended", "STORE_HALTED"])).size).toBe(0);
    expect(endings.filter((ending) => ending === "ended").length).toBeGreaterThanOrEqual(6);
  });

  test("a reader who holds a batch when the store closes ends at the next question", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1"), ...notes(1, 500)]);
    const tail = store.tail("run-1", -1);
    expect((await tail.next()).done).toBe(false);
    await store.close();
    expect(await tail.next()).toEqual({ done: true, value: undefined });
  });

  test("the directory is free for the next store once the close has resolved", async () => {
    await using opened = openStore(subject);
    await opened.store.append("run-1", 0, [created("run-1")]);
    const next = await opened.reopen();
    await expect(next.append("run-9", 0, [created("run-9")])).resolves.toHaveLength(1);
  });
}
