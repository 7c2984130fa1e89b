import { expect, test } from "vitest";
import type { EvidenceStore } from "#evidence";
import { completed, created, note } from "../evidence/support/drafts.ts";
import { upTo } from "../evidence/support/logs.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

/** Ids whose order by name is not the order in which they are created. */
function idOf(number: number): string {
  return `run-${(number * 37) % 100}-${number}`;
}

async function createRuns(store: EvidenceStore, count: number): Promise<readonly string[]> {
  const ids = upTo(count).map(idOf);
  for (const id of ids) await store.append(id, 0, [created(id)]);
  return ids;
}

async function allPages(store: EvidenceStore, limit: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const before = ids.at(-1);
    const page = await store.runs({ limit, ...(before !== undefined && { before }) });
    expect(page.length).toBeLessThanOrEqual(limit);
    ids.push(...page.map(({ runId }) => runId));
    if (page.length < limit) return ids;
  }
}

/** Runs, newest first, and those that are open. */
export function listingLaws(subject: StoreSubject): void {
  test("an empty store lists no runs", async () => {
    await using opened = openStore(subject);
    expect(await opened.store.runs({ limit: 10 })).toEqual([]);
    expect(await opened.store.openRuns()).toEqual([]);
  });

  test.each([1, 3, 20, 21, 1000])("pages of %i runs put together are all runs, newest first", async (limit) => {
    await using opened = openStore(subject);
    const ids = await createRuns(opened.store, 20);
    expect(await allPages(opened.store, limit)).toEqual(ids.toReversed());
  });

  test("runs whose ids begin in a certain way are listed by themselves, newest first, page by page", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const own = ["acme.b", "acme.a", "acme.", "acme.z_", "acme.A.x"];
    const others = ["acme", "acmf.x", "acm.x", "acme-.x", "ACME.x", "acme0x", "bacme.x"];
    for (const [at, id] of own.entries()) {
      await store.append(id, 0, [created(id)]);
      const other = others[at] ?? "other";
      await store.append(other, 0, [created(other)]);
    }
    for (const id of others.slice(own.length)) await store.append(id, 0, [created(id)]);
    const list = async (before?: string): Promise<readonly string[]> => {
      const page = await store.runs({ limit: 2, begins: "acme.", ...(before !== undefined && { before }) });
      return page.map(({ runId }) => runId);
    };
    const newestFirst = own.toReversed();
    expect(await list()).toEqual(newestFirst.slice(0, 2));
    expect(await list(newestFirst[1])).toEqual(newestFirst.slice(2, 4));
    expect(await list(newestFirst[3])).toEqual(newestFirst.slice(4));
    expect(await store.runs({ limit: 10, begins: "none." })).toEqual([]);
    expect(await store.runs({ limit: 100, begins: "" })).toHaveLength(own.length + others.length);
  });

  test("runs that are created in one turn are listed in the order in which they were asked for", async () => {
    await using opened = openStore(subject);
    const ids = upTo(30).map(idOf);
    await Promise.all(ids.map((id) => opened.store.append(id, 0, [created(id)])));
    expect(await allPages(opened.store, 7)).toEqual(ids.toReversed());
    if (subject.outlivesProcess) expect(await allPages(await opened.reopen(), 7)).toEqual(ids.toReversed());
  });

  test("runs that are created while somebody pages neither repeat nor hide the older ones", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const ids = await createRuns(store, 6);
    const first = await store.runs({ limit: 3 });
    await store.append("newcomer", 0, [created("newcomer")]);
    const second = await store.runs({ limit: 3, before: first.at(-1)?.runId ?? "" });
    expect([...first, ...second].map(({ runId }) => runId)).toEqual(ids.toReversed());
  });

  test("nothing is older than the oldest run nor than an unknown one", async () => {
    await using opened = openStore(subject);
    const [oldest = ""] = await createRuns(opened.store, 3);
    expect(await opened.store.runs({ limit: 10, before: oldest })).toEqual([]);
    expect(await opened.store.runs({ limit: 10, before: "no-such-run" })).toEqual([]);
  });

  test.each([0, 1001, 1.5])("a page of %d runs is our own mistake", async (limit) => {
    await using opened = openStore(subject);
    await expect(opened.store.runs({ limit })).rejects.toMatchObject({ name: "AssertionFailure" });
  });

  test("a listed run has the head that it has when it is asked for alone", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1"), note(1)]);
    await store.append("run-2", 0, [created("run-2"), completed()]);
    expect(await store.runs({ limit: 2 })).toEqual([await store.head("run-2"), await store.head("run-1")]);
  });

  test("open runs are those whose log does not end with run.completed", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const ids = await createRuns(store, 8);
    for (const id of ids.slice(0, 3)) await store.append(id, 1, [completed()]);
    expect(await store.openRuns()).toEqual(await Promise.all(ids.slice(3).map((id) => store.head(id))));
  });
}
