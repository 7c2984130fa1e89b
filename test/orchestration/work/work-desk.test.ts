import { describe, expect, test } from "vitest";
import { readHooks } from "#api";
import { Fault } from "#model";
import { compileHooks, WorkDesk, Workers } from "#orchestration";
import type { WorkNews } from "#orchestration";
import { createMemoryQueue, WorkStore } from "#queue";
import { ManualClock } from "../../support/clock.ts";

const HOOKS = `version: 1
entities: { Ticket: { table: tickets, key: id, fields: { id: int } } }
jobs:
  one: { input: Ticket, capabilities: [append], effect: append, with: {} }
  two: { input: Ticket, capabilities: [append], effect: append, with: {} }
hooks: { Ticket.after_create: [one, two] }
`;
const CHANGE = { changeId: "c", entity: "Ticket", operation: "create", record: { id: 1 }, old: undefined } as const;

const perform = (): Promise<never> => Promise.reject(new Error("no worker runs"));

/** A desk whose disk is full when it is told so. No worker runs. */
async function bench() {
  const read = await readHooks(HOOKS, { name: "hooks.yaml" });
  if (!("value" in read)) throw new Error(JSON.stringify(read.violations));
  const compiled = await compileHooks(read.value);
  const clock = new ManualClock();
  const store = new WorkStore({ path: ":memory:", clock });
  const queue = createMemoryQueue({ clock });
  const news: WorkNews[] = [];
  const common = { store, queue, clock, onNews: (one: WorkNews): void => void news.push(one) };
  const workers = new Workers({ ...common, concurrency: 1, leaseMs: 1000, perform });
  const disk = { full: false };
  let ids = 0;
  const desk = new WorkDesk({
    ...common,
    workers,
    hooks: () => compiled,
    newId: () => `new-${ids++}`,
    requireRoom: () => {
      if (disk.full) throw new Fault("LIMIT_EXCEEDED", "The disk is full.");
    },
  });
  return { desk, store, disk, news };
}

describe("the desk that takes in work", () => {
  test("takes in nothing while the disk is full, says so, and takes it in when there is room again", async () => {
    const { desk, store, disk, news } = await bench();
    disk.full = true;
    await expect(desk.publish(CHANGE)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    const direct = { key: "k", job: "one", record: { id: 1 } };
    await expect(desk.enqueue(direct)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(store.stats().states.pending).toBe(0);
    expect(news.filter(({ kind }) => kind === "hook failed")).toMatchObject([{ error: { code: "LIMIT_EXCEEDED" } }]);
    disk.full = false;
    expect(await desk.publish(CHANGE)).toMatchObject({ added: 2 });
    expect(await desk.enqueue(direct)).toMatchObject({ added: true });
  });

  test("redrives nothing while the disk is full, and the dead letter stays one", async () => {
    const { desk, store, disk } = await bench();
    const { works } = await desk.publish(CHANGE);
    const [id = ""] = works;
    const claim = store.claim(id, 1000);
    if (claim.kind !== "claimed") throw new Error(claim.kind);
    store.finish(claim.work, { kind: "dead", error: { errorClass: "permanent", message: "no" } });
    disk.full = true;
    const order = { query: {}, dryRun: false, max: 10, perSecond: 0 };
    expect(await desk.redrive(order)).toMatchObject({
      matched: 1,
      redriven: [],
      refused: [{ id, why: "The disk is full." }],
    });
    disk.full = false;
    expect(await desk.redrive(order)).toMatchObject({ redriven: [{ id }], refused: [] });
  });

  test("takes in nothing once it is closed, by whichever way it is asked, and says that the server stops", async () => {
    const { desk, store } = await bench();
    desk.close();
    const draining = { code: "DRAINING", message: expect.stringContaining("takes in no more work") };
    await expect(desk.publish(CHANGE)).rejects.toMatchObject(draining);
    await expect(desk.enqueue({ key: "k", job: "one", record: { id: 1 } })).rejects.toMatchObject(draining);
    await expect(desk.redrive({ query: {}, dryRun: true, max: 1, perSecond: 0 })).rejects.toMatchObject(draining);
    expect(store.stats().states.pending).toBe(0);
  });

  test("answers before any of its work is done, and two jobs on one event are both asked for", async () => {
    const { desk, store } = await bench(); // no worker runs
    const { hooks, works } = await desk.publish(CHANGE);
    expect(hooks).toEqual(["Ticket.after_create"]);
    expect(works.map((id) => [store.get(id)?.name, store.get(id)?.state])).toEqual([
      ["one", "pending"],
      ["two", "pending"],
    ]);
  });

  test("takes a change that no hook asks for and does nothing, and refuses one of an entity that is not known", async () => {
    const { desk, store } = await bench();
    expect(await desk.publish({ ...CHANGE, operation: "update", old: { id: 1 } })).toEqual({
      hooks: [],
      works: [],
      added: 0,
    });
    await expect(desk.publish({ ...CHANGE, entity: "Nobody" })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("declares Ticket"),
    });
    expect(store.stats().states.pending).toBe(0);
  });

  test("is quiet about a change that was refused before, and not about another one", async () => {
    const { desk, disk, news } = await bench();
    disk.full = true;
    await expect(desk.publish(CHANGE, { quiet: true })).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(news).toEqual([]);
    await expect(desk.publish({ ...CHANGE, changeId: "d" })).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(news.map(({ kind }) => kind)).toEqual(["hook matched", "hook failed"]);
  });
});
