import { expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { completed, created, draft, failedEnd, note, notes, resumed } from "../evidence/support/drafts.ts";
import { eventIds } from "../evidence/support/event-ids.ts";
import { drained, linesOf, seqs, upTo } from "../evidence/support/logs.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

async function failedRun(store: EvidenceStore, runId = "run-1"): Promise<void> {
  await store.append(runId, 0, [created(runId), note(1), failedEnd()]);
}

const ids = (heads: readonly { readonly runId: string }[]): readonly string[] => heads.map(({ runId }) => runId);

/** A run that failed goes on in its own log. */
export function reopeningLaws(subject: StoreSubject): void {
  test("a run that ended failed is opened again by an append that begins with run.resumed, and can end again", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await failedRun(store);
    expect(seqs(await store.append("run-1", 3, [resumed(), note(4)]))).toEqual([3, 4]);
    expect(await store.head("run-1")).toMatchObject({ size: 5, completed: false });
    expect(ids(await store.openRuns())).toEqual(["run-1"]);
    await store.append("run-1", 5, [completed()]);
    expect(await store.head("run-1")).toMatchObject({ size: 6, completed: true });
    expect(await store.openRuns()).toEqual([]);
    expect(await verifyLines(await linesOf(store, "run-1"), { laws: false })).toMatchObject({
      ok: true,
      complete: true,
    });
  });

  test.each(["succeeded", "cancelled", "rolled_back", undefined])(
    "a run that ended %s is never opened again",
    async (status) => {
      await using opened = openStore(subject);
      const { store } = opened;
      await store.append("run-1", 0, [created("run-1"), draft("run.completed", { status })]);
      const before = await linesOf(store, "run-1");
      await expect(store.append("run-1", 2, [resumed()])).rejects.toMatchObject({
        code: "SEQUENCE_CONFLICT",
        message: "Run run-1 has 2 records and ended; an append came for position 2.",
      });
      expect(await linesOf(store, "run-1")).toEqual(before);
      expect(store.halted).toBeUndefined();
    },
  );

  test.each([
    ["with another record first", 3, [note(3), resumed()]],
    ["with a state that is only told", 3, [draft("run.state_changed", { status: "executing" })]],
    ["a place too early", 2, [resumed()]],
    ["a place too late", 4, [resumed()]],
    ["at 0, where the run was created", 0, [resumed()]],
  ])("an append behind a failed end %s is refused and changes nothing", async (_case, at, drafts) => {
    await using opened = openStore(subject);
    const { store } = opened;
    await failedRun(store);
    await expect(store.append("run-1", at, drafts)).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    expect(await store.head("run-1")).toMatchObject({ size: 3, completed: true });
    expect(await store.openRuns()).toEqual([]);
    expect(await store.reopenedRuns()).toEqual([]);
  });

  test("a run can be opened again as often as it fails, and after a success no more", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await failedRun(store);
    for (const at of [3, 5, 7]) await store.append("run-1", at, [resumed(), failedEnd()]);
    await store.append("run-1", 9, [resumed(), completed()]);
    await expect(store.append("run-1", 11, [resumed()])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    expect(ids(await store.reopenedRuns())).toEqual(["run-1"]);
  });

  test("an end and the opening that follows it may be asked for in one turn", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1")]);
    const asked = [store.append("run-1", 1, [failedEnd()]), store.append("run-1", 2, [resumed()])];
    const refused = store.append("run-1", 2, [resumed()]);
    await expect(refused).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
    await Promise.all(asked);
    expect(await store.head("run-1")).toMatchObject({ size: 3, completed: false });
    expect(ids(await store.openRuns())).toEqual(["run-1"]);
  });

  test("of many who open a run again at once exactly one is accepted", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await failedRun(store);
    const settled = await Promise.allSettled(upTo(20).map(() => store.append("run-1", 3, [resumed()])));
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("runs that were opened again keep their place among all runs, and are told oldest first", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    for (const runId of ["c", "a", "b"]) await failedRun(store, runId);
    for (const runId of ["b", "c"]) await store.append(runId, 3, [resumed()]);
    await store.append("b", 4, [completed()]);
    expect(ids(await store.runs({ limit: 10 }))).toEqual(["b", "a", "c"]);
    expect(ids(await store.reopenedRuns())).toEqual(["c", "b"]);
    expect(ids(await store.openRuns())).toEqual(["c"]);
  });

  test("what refuses a new run refuses to open one again, and the run stays as it was", async () => {
    let full = false;
    const guardNewRun = (): void => {
      if (full) throw new Error("no room for another run");
    };
    await using opened = openStore(subject, { newEventId: eventIds(), guardNewRun });
    const { store } = opened;
    await failedRun(store);
    full = true;
    await expect(store.append("run-1", 3, [resumed()])).rejects.toThrow("no room for another run");
    expect(await store.head("run-1")).toMatchObject({ size: 3, completed: true });
    full = false;
    await store.append("run-1", 3, [resumed()]);
  });

  test("a tail goes on behind a failed end if the run was opened again, and ends with the last one", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1")]);
    const tail = store.tail("run-1", -1);
    expect(seqs((await tail.next()).value ?? [])).toEqual([0]);
    await store.append("run-1", 1, [failedEnd()]);
    expect(seqs((await tail.next()).value ?? [])).toEqual([1]);
    await store.append("run-1", 2, [resumed(), ...notes(3, 200)]);
    const rest = drained(tail);
    await store.append("run-1", 203, [completed()]);
    expect(seqs(await rest)).toEqual(upTo(202, 2));
  });

  test("a tail that starts before an end in the middle gives all that stands behind it", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await failedRun(store);
    await store.append("run-1", 3, [resumed(), failedEnd()]);
    await store.append("run-1", 5, [resumed(), completed()]);
    for (const after of [-1, 1, 2, 4, 5])
      expect(seqs(await drained(store.tail("run-1", after)))).toEqual(upTo(6 - after, after + 1));
  });

  test("a tail of a run that failed ends when nobody has opened it again", async () => {
    await using opened = openStore(subject);
    await failedRun(opened.store);
    expect(seqs(await drained(opened.store.tail("run-1", -1)))).toEqual([0, 1, 2]);
    expect(await drained(opened.store.tail("run-1", 2))).toEqual([]);
  });

  if (!subject.outlivesProcess) return;

  test("a run that was opened again is open after a restart, and can be ended there", async () => {
    await using opened = openStore(subject);
    await failedRun(opened.store);
    await opened.store.append("run-1", 3, [resumed(), note(4)]);
    const again = await opened.reopen();
    expect(await again.head("run-1")).toMatchObject({ size: 5, completed: false });
    expect(ids(await again.openRuns())).toEqual(["run-1"]);
    await again.append("run-1", 5, [failedEnd()]);
    const third = await opened.reopen();
    expect(await third.openRuns()).toEqual([]);
    expect(ids(await third.reopenedRuns())).toEqual(["run-1"]);
    await third.append("run-1", 6, [resumed(), completed()]);
    const fourth = await opened.reopen();
    expect(await fourth.head("run-1")).toMatchObject({ size: 8, completed: true });
    expect(await verifyLines(await linesOf(fourth, "run-1"), { laws: false })).toMatchObject({
      ok: true,
      complete: true,
    });
  });
}
