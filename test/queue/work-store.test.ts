import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NewWork, Work } from "#model";
import { WorkStore } from "#queue";
import { ManualClock } from "../support/clock.ts";
import { MovedClock } from "./support/moved-clock.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

const LEASE_MS = 60_000;
const BROKEN = { errorClass: "transient_io", message: "no answer" } as const;

function work(id: string, given: Partial<NewWork> = {}): NewWork {
  return { id, name: "notify", capability: "email.send", priority: 5, payload: { n: 1 }, ...given };
}

function opened(options: { readonly capacity?: number } = {}): {
  readonly store: WorkStore;
  readonly clock: ManualClock;
} {
  const clock = new ManualClock();
  return { store: new WorkStore({ path: ":memory:", clock, ...options }), clock };
}

function claimed(store: WorkStore, id: string): Work {
  const claim = store.claim(id, LEASE_MS);
  if (claim.kind !== "claimed") throw new Error(`${id} is ${claim.kind}`);
  return claim.work;
}

function withDead(): { readonly store: WorkStore; readonly clock: ManualClock } {
  const { store, clock } = opened();
  for (const [id, given, error] of [
    ["a", {}, BROKEN],
    ["b", { name: "other" }, { errorClass: "permanent", message: "550 no such user" }],
    ["c", { capability: "http.post" }, BROKEN],
  ] as const) {
    store.accept([work(id, given)]);
    store.finish(claimed(store, id), { kind: "dead", error });
    clock.advance(1000);
  }
  return { store, clock };
}

describe("accepting work", () => {
  test("the same id again is known and stays as it is", () => {
    const { store } = opened();
    expect(store.accept([work("a"), work("b")])).toEqual({ added: ["a", "b"], known: [] });
    expect(store.accept([work("b", { payload: { n: 2 } }), work("c")])).toEqual({ added: ["c"], known: ["b"] });
    expect(store.get("b")?.payload).toEqual({ n: 1 });
    expect(store.stats().capabilities).toEqual([
      { capability: "email.send", enqueued: 3, completed: 0, failed: 0, retried: 0, dead: 0 },
    ]);
  });

  test("what does not fit is refused as a whole, and one less is accepted", () => {
    const { store } = opened({ capacity: 3 });
    store.accept([work("a")]);
    expect(() => store.accept([work("b"), work("c"), work("d")])).toThrow(/at most 3 may; 3 more were not accepted/);
    expect(store.stats()).toMatchObject({ states: { pending: 1 }, capabilities: [{ enqueued: 1 }] });
    expect(store.accept([work("b"), work("c")]).added).toEqual(["b", "c"]);
  });

  test("a payload of one byte too many is refused with all that came with it", () => {
    const { store } = opened();
    const text = "x".repeat(512 * 1024 - '{"t":""}'.length);
    expect(() => store.accept([work("a"), work("b", { payload: { t: `${text}x` } })])).toThrow(/524289 bytes as JSON/);
    expect(store.get("a")).toBeUndefined();
    expect(store.accept([work("b", { payload: { t: text } })]).added).toEqual(["b"]);
  });

  test("what a caller does with a payload later changes nothing", () => {
    const { store } = opened();
    const payload = { list: [1] };
    store.accept([work("a", { payload })]);
    payload.list.push(2);
    expect(store.get("a")?.payload).toEqual({ list: [1] });
  });
});

describe("a claim on work", () => {
  test("holds against everybody else until its time is over, and then the one before can write nothing", () => {
    const { store, clock } = opened();
    store.accept([work("a")]);
    const first = claimed(store, "a");
    expect(store.claim("a", LEASE_MS)).toEqual({ kind: "later", delayMs: LEASE_MS, attempt: 1 });
    clock.advance(LEASE_MS);
    const second = claimed(store, "a");
    expect(second).toMatchObject({ attempts: 1, epoch: 2, state: "running" });
    expect(store.extend(first, LEASE_MS)).toBe(false);
    expect(store.finish(first, { kind: "completed", follows: [work("late")] })).toBe(false);
    expect(store.get("late")).toBeUndefined();
    store.release(first, 0);
    expect(store.get("a")).toMatchObject({ state: "running", epoch: 2 });
    expect(store.finish(second, { kind: "completed", follows: [] })).toBe(true);
    expect(store.claim("a", LEASE_MS)).toEqual({ kind: "over" });
    expect(store.claim("nothing", LEASE_MS)).toEqual({ kind: "over" });
  });

  test("is kept by who says that it goes on", () => {
    const { store, clock } = opened();
    store.accept([work("a")]);
    const held = claimed(store, "a");
    clock.advance(LEASE_MS - 1);
    expect(store.extend(held, LEASE_MS)).toBe(true);
    clock.advance(LEASE_MS - 1);
    expect(store.claim("a", LEASE_MS)).toMatchObject({ kind: "later", delayMs: 1 });
  });

  test("that is released was no attempt", () => {
    const { store, clock } = opened();
    store.accept([work("a")]);
    store.release(claimed(store, "a"), 1000);
    expect(store.get("a")).toMatchObject({ state: "pending", attempts: 0 });
    expect(store.claim("a", LEASE_MS)).toEqual({ kind: "later", delayMs: 1000, attempt: 1 });
    clock.advance(1000);
    expect(claimed(store, "a")).toMatchObject({ attempts: 1, epoch: 2 });
  });
});

describe("the end of an attempt", () => {
  test("that failed waits for the next one, and keeps every error", () => {
    const { store, clock } = opened();
    store.accept([work("a")]);
    store.finish(claimed(store, "a"), { kind: "failed", error: BROKEN, delayMs: 4000 });
    expect(store.claim("a", LEASE_MS)).toEqual({ kind: "later", delayMs: 4000, attempt: 2 });
    clock.advance(4000);
    const second = claimed(store, "a");
    expect(second.attempts).toBe(2);
    store.finish(second, { kind: "dead", error: { errorClass: "permanent", message: "x".repeat(2000) } });
    const { state, errors } = store.get("a") ?? {};
    expect(state).toBe("dead");
    expect(errors?.map(({ attempt, errorClass, message }) => [attempt, errorClass, message.length])).toEqual([
      [1, "transient_io", 9],
      [2, "permanent", 1000],
    ]);
    expect(store.stats()).toMatchObject({
      states: { dead: 1, pending: 0 },
      oldestAgeMs: undefined,
      capabilities: [{ enqueued: 1, failed: 2, retried: 1, dead: 1, completed: 0 }],
    });
  });

  test("accepts what follows in the same transaction, or is not written at all", () => {
    const { store } = opened();
    store.accept([work("a")]);
    const held = claimed(store, "a");
    const tooLong = work("a.1", { payload: { t: "x".repeat(512 * 1024) } });
    expect(() => store.finish(held, { kind: "completed", follows: [work("a.0"), tooLong] })).toThrow(/as JSON/);
    expect([store.get("a")?.state, store.get("a.0")]).toEqual(["running", undefined]);
    expect(store.finish(held, { kind: "completed", follows: [work("a.0")] })).toBe(true);
    expect(store.get("a.0")?.state).toBe("pending");
  });

  test("is written in a full store too: what follows takes the place of what it came from", () => {
    const { store } = opened({ capacity: 2 });
    store.accept([work("a"), work("b")]);
    const follows = ["a.0", "a.1", "a.2"].map((id) => work(id));
    expect(store.finish(claimed(store, "a"), { kind: "completed", follows })).toBe(true);
    expect(() => store.accept([work("c")])).toThrow(/not accepted/);
    expect(store.stats().states).toMatchObject({ completed: 1, pending: 4 });
  });
});

describe("dead letters", () => {
  test.each([
    [{}, ["a", "b", "c"]],
    [{ name: "notify" }, ["a", "c"]],
    [{ capability: "http.post" }, ["c"]],
    [{ errorClass: "permanent" }, ["b"]],
    [{ messageContains: "no such" }, ["b"]],
    [{ messageContains: "%" }, []],
    [{ ids: ["c", "a", "zzz"] }, ["a", "c"]],
    [{ name: "notify", capability: "http.post" }, ["c"]],
  ] as const)("fit the filter %j", (query, ids) => {
    const { store } = withDead();
    expect(store.deadLetters(query, { behind: 0, limit: 10 }).works.map(({ id }) => id)).toEqual(ids);
    expect(store.countDeadLetters(query)).toBe(ids.length);
  });

  test("fit by when they died, and come a page at a time", () => {
    const { store } = withDead();
    const died = store.get("b")?.endedMs ?? 0;
    const ids = (query: Parameters<WorkStore["deadLetters"]>[0]): readonly string[] =>
      store.deadLetters(query, { behind: 0, limit: 10 }).works.map(({ id }) => id);
    expect(ids({ endedFromMs: died })).toEqual(["b", "c"]);
    expect(ids({ endedBeforeMs: died })).toEqual(["a"]);
    const { works, more } = store.deadLetters({}, { behind: 0, limit: 1 });
    expect([works.length, more]).toEqual([1, true]);
    expect(store.deadLetters({}, { behind: works[0]?.place ?? 0, limit: 1 }).works[0]?.id).toBe("b");
    expect(store.deadLetters({}, { behind: works[0]?.place ?? 0, limit: 2 })).toMatchObject({ more: false });
  });

  test("are read a few at a time if they are long, so that a page of a thousand fits into memory", () => {
    const { store } = opened({ capacity: 50 });
    const ids = Array.from({ length: 40 }, (_, n) => `w${n}`);
    for (const id of ids) {
      store.accept([work(id, { payload: { text: "x".repeat(500_000) } })]);
      store.finish(claimed(store, id), { kind: "dead", error: BROKEN });
    }
    const seen: string[] = [];
    for (let behind = 0, more = true; more;) {
      const page = store.deadLetters({}, { behind, limit: 1000 });
      expect(page.works.length).toBeLessThanOrEqual(9);
      seen.push(...page.works.map(({ id }) => id));
      ({ more } = page);
      behind = page.works.at(-1)?.place ?? 0;
    }
    expect(seen).toEqual(ids);
  });

  test("are redriven once, as new work that is linked to them", () => {
    const { store } = withDead();
    expect(store.redrive("a", "a-again")).toMatchObject({
      id: "a-again",
      state: "pending",
      attempts: 0,
      redrives: "a",
    });
    expect(store.get("a")).toMatchObject({ state: "dead", redrivenAs: "a-again" });
    expect(store.redrive("a", "a-third")).toBeUndefined();
    expect(store.discard("a", { by: "ops", reason: "done" })).toBe(false);
    expect(store.deadLetters({}, { behind: 0, limit: 10 }).works.map(({ id }) => id)).toEqual(["b", "c"]);
  });

  test("are discarded with a reason, and never redriven after it", () => {
    const { store, clock } = withDead();
    expect(store.discard("b", { by: "ops", reason: "left the company" })).toBe(true);
    expect(store.get("b")).toMatchObject({ state: "discarded", discarded: { by: "ops", reason: "left the company" } });
    expect(store.redrive("b", "b-again")).toBeUndefined();
    expect(store.discard("b", { by: "ops", reason: "again" })).toBe(false);
    expect(store.prune({ endedBeforeMs: Date.parse(clock.now()), limit: 10 })).toBe(0); // it counts from now
    clock.advance(1);
    expect(store.prune({ endedBeforeMs: Date.parse(clock.now()), limit: 10 })).toBe(1);
  });

  test("that are redriven are kept until the new work has ended", () => {
    const { store, clock } = withDead();
    store.redrive("a", "a-again");
    clock.advance(1000);
    const forgotten = (): number => store.prune({ endedBeforeMs: Date.parse(clock.now()), limit: 10 });
    expect(forgotten()).toBe(0);
    store.finish(claimed(store, "a-again"), { kind: "completed", follows: [] });
    clock.advance(1000);
    expect(forgotten()).toBe(2);
  });

  test("are not forgotten, and what was completed is, after its time", () => {
    const { store, clock } = withDead();
    store.accept([work("done"), work("open")]);
    store.finish(claimed(store, "done"), { kind: "completed", follows: [] });
    clock.advance(5000);
    const endedBeforeMs = Date.parse(clock.now());
    expect(store.prune({ endedBeforeMs, limit: 100 })).toBe(1);
    expect(["a", "b", "c", "open", "done"].map((id) => store.get(id)?.state)).toEqual([
      "dead",
      "dead",
      "dead",
      "pending",
      undefined,
    ]);
    expect(store.stats().capabilities.reduce((sum, { completed }) => sum + completed, 0)).toBe(1);
  });
});

test("everything is there again when the file is opened anew", async () => {
  await using directory = await scratchDirectory();
  const path = join(directory.path, "work.db");
  const clock = new ManualClock();
  const before = new WorkStore({ path, clock });
  before.accept([work("a"), work("b")]);
  before.keepDocument("hash", "text");
  const held = claimed(before, "a");
  before.close();
  before.close();
  const after = new WorkStore({ path, clock });
  expect(after.document("hash")).toBe("text");
  expect(after.get("a")).toMatchObject({ state: "running", attempts: 1, epoch: held.epoch });
  expect(after.finish(held, { kind: "completed", follows: [] })).toBe(true);
  expect(after.open({ behind: 0, limit: 10 }).map(({ id }) => id)).toEqual(["b"]);
  after.close();
});

test("whatever holders do and however late, each piece of work ends at most once and by who holds it", () => {
  const moves = fc.array(
    fc.tuple(
      fc.constantFrom("accept", "claim", "finish", "fail", "die", "release", "pass", "redrive"),
      fc.nat({ max: 3 }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(moves, (list) => {
      const { store, clock } = opened();
      const holders: Work[] = [];
      const ends = new Map<string, number>();
      for (const [move, n] of list) {
        const id = `w${n}`;
        const holder = holders[n];
        if (move === "accept") store.accept([work(id)]);
        else if (move === "pass") clock.advance(LEASE_MS / 2);
        else if (move === "redrive") store.redrive(id, `${id}-again`);
        else if (move === "claim") {
          const claim = store.claim(id, LEASE_MS);
          if (claim.kind === "claimed") holders.push(claim.work);
        } else if (holder === undefined) continue;
        else if (move === "release") store.release(holder, 0);
        else {
          const current = store.get(holder.id);
          const end =
            move === "finish"
              ? ({ kind: "completed", follows: [] } as const)
              : ({ kind: move === "die" ? "dead" : "failed", error: BROKEN, delayMs: 0 } as const);
          const written = store.finish(holder, end);
          expect(written).toBe(current?.state === "running" && current.epoch === holder.epoch);
          if (written && move !== "fail") ends.set(holder.id, (ends.get(holder.id) ?? 0) + 1);
        }
      }
      expect([...ends.values()].every((times) => times === 1)).toBe(true);
      store.close();
    }),
    { numRuns: 300 },
  );
});

describe("a wall clock that is set back", () => {
  test("delays no work that is due, and none that waits, by what it was set back", () => {
    const clock = new MovedClock();
    const store = new WorkStore({ path: ":memory:", clock });
    store.accept([work("a"), work("b")]);
    const held = claimed(store, "a");
    store.finish(held, { kind: "failed", error: BROKEN, delayMs: 5000 });
    clock.setWallBack(3_600_000);
    expect(store.claim("b", LEASE_MS).kind).toBe("claimed");
    expect(store.claim("a", LEASE_MS)).toMatchObject({ kind: "later", delayMs: 5000 });
    clock.advance(5000);
    expect(store.claim("a", LEASE_MS).kind).toBe("claimed");
    expect(store.overdue({ overdueMs: 0, limit: 10 })).toEqual([]);
    clock.advance(LEASE_MS);
    expect(store.overdue({ overdueMs: 0, limit: 10 }).map(({ id }) => id)).toEqual(["b", "a"]);
  });

  test("while no process runs delays nothing by more than an hour", async () => {
    await using directory = await scratchDirectory();
    const path = join(directory.path, "work.db");
    const clock = new MovedClock();
    const before = new WorkStore({ path, clock });
    before.accept([work("a"), work("b")]);
    claimed(before, "a");
    before.close();
    clock.setWallBack(30 * 86_400_000);
    const store = new WorkStore({ path, clock });
    for (const id of ["a", "b"]) expect([id, store.claim(id, LEASE_MS).kind]).toEqual([id, "claimed"]);
    store.close();
  });

  test("that is set forward again is followed, and so are claims that have run out by it", () => {
    const clock = new MovedClock();
    const store = new WorkStore({ path: ":memory:", clock });
    store.accept([work("a")]);
    clock.setWallBack(-3_600_000);
    claimed(store, "a");
    clock.setWallBack(7_200_000);
    clock.advance(LEASE_MS - 1);
    expect(store.claim("a", LEASE_MS)).toMatchObject({ kind: "later", delayMs: 1 });
  });
});
