import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget } from "../../src/api/grpc/budget.ts";
import type { Share } from "../../src/api/grpc/budget.ts";
import { CallBudgets, pageMayBeRead } from "../../src/api/grpc/call-budgets.ts";
import { ManualClock } from "../support/clock.ts";

const PATIENCE_MS = 2000;

function budgetOf(amount: number) {
  const clock = new ManualClock();
  const cut: string[] = [];
  const budget = new Budget({ amount, clock, patienceMs: PATIENCE_MS });
  return { clock, budget, cut, share: (name: string): Share => budget.share(() => cut.push(name)) };
}

/** Which of these have settled, once whatever can go on has gone on. */
async function settled(promises: readonly (Promise<void> | undefined)[]): Promise<readonly boolean[]> {
  const done = promises.map((promise) => promise === undefined);
  promises.forEach((promise, place) => void promise?.then(() => (done[place] = true)));
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

describe("P4 a budget that all calls share", () => {
  test("gives at once while there is enough, and lets the next one wait in line until some is given back", async () => {
    const { budget, share } = budgetOf(10);
    const [first, second] = [share("first"), share("second")];
    expect(first.take(8)).toBeUndefined();
    const line = second.take(3);
    expect(await settled([line])).toEqual([false]);
    first.give();
    expect(await settled([line])).toEqual([true]);
    expect(budget.free).toBe(7);
  });

  test("serves the line in the order in which it came, so that a small wish does not overtake a large one", async () => {
    const { share } = budgetOf(10);
    const holder = share("holder");
    expect(holder.take(10)).toBeUndefined();
    const lines = [share("large").take(9), share("small").take(1), share("third").take(1)];
    expect(await settled(lines)).toEqual([false, false, false]);
    holder.give();
    expect(await settled(lines)).toEqual([true, true, false]);
  });

  test("serves whose owner holds least, so that one who fills the line does not keep the others waiting", async () => {
    const { budget } = budgetOf(4);
    const shareOf = (owner: string): Share => budget.share(() => undefined, owner);
    const held = [1, 2, 3, 4].map(() => shareOf("alice"));
    for (const share of held) expect(share.take(1)).toBeUndefined();
    const lines = ["alice", "alice", "bob", "alice", "bob", "carol"].map((owner) => shareOf(owner).take(1));
    const servedAfter = async (giver: Share | undefined): Promise<readonly number[]> => {
      giver?.give();
      return (await settled(lines)).flatMap((done, place) => (done ? [place] : []));
    };
    expect(await servedAfter(held[0])).toEqual([2]);
    expect(await servedAfter(held[1])).toEqual([2, 5]);
    expect(await servedAfter(held[2])).toEqual([0, 2, 5]); // each holds one, and alice's came first
  });

  test("cuts nobody while nobody waits, however long his client does nothing", () => {
    const { clock, cut, share } = budgetOf(10);
    const idle = share("idle");
    expect(idle.take(10)).toBeUndefined();
    idle.waitForClient();
    clock.advance(100 * PATIENCE_MS);
    expect(cut).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  test("cuts who has waited longest for his client, when others wait and the patience is at its end", async () => {
    const { clock, cut, share } = budgetOf(10);
    const [first, second] = [share("first"), share("second")];
    expect(first.take(5)).toBeUndefined();
    expect(second.take(5)).toBeUndefined();
    first.waitForClient();
    clock.advance(1);
    second.waitForClient();
    const line = share("third").take(5);
    clock.advance(PATIENCE_MS - 2);
    expect(cut).toEqual([]);
    clock.advance(1);
    expect(cut).toEqual(["first"]);
    expect(await settled([line])).toEqual([true]);
    clock.advance(100 * PATIENCE_MS);
    expect(cut).toEqual(["first"]);
  });

  test("never cuts who works for his client, and not who has just moved", () => {
    const { clock, cut, share } = budgetOf(10);
    const [works, moves] = [share("works"), share("moves")];
    expect(works.take(5)).toBeUndefined();
    expect(moves.take(5)).toBeUndefined();
    void share("waits").take(5);
    for (let round = 0; round < 5; round += 1) {
      moves.waitForClient();
      clock.advance(PATIENCE_MS - 1);
      moves.clientMoved();
    }
    expect(cut).toEqual([]);
  });

  test("takes back what turned out to be less, and lets what turned out to be more be more", async () => {
    const { budget, share } = budgetOf(10);
    const holder = share("holder");
    expect(holder.take(10)).toBeUndefined();
    const line = share("waits").take(6);
    holder.resize(4);
    expect(await settled([line])).toEqual([true]);
    holder.resize(7);
    expect(budget.free).toBe(-3);
    holder.close();
    holder.close();
    expect(budget.free).toBe(4);
  });

  test("a share that is closed in line leaves it, goes on and holds nothing", async () => {
    const { budget, share } = budgetOf(10);
    const [holder, gone] = [share("holder"), share("gone")];
    expect(holder.take(10)).toBeUndefined();
    const line = gone.take(1);
    gone.close();
    expect(await settled([line])).toEqual([true]);
    expect([gone.held, budget.waiting]).toEqual([0, 0]);
    expect(gone.take(1)).toBeUndefined();
    holder.give();
    expect(budget.free).toBe(10);
  });

  test("whatever is taken, given, closed and waited for, no more is held than there is, and all comes back", async () => {
    const moves = fc.record({
      who: fc.nat({ max: 4 }),
      what: fc.constantFrom("take", "give", "close", "idle", "moved", "less", "time"),
      amount: fc.integer({ min: 1, max: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { maxLength: 60 }), async (played) => {
        const { budget, clock, share } = budgetOf(10);
        const shares = Array.from({ length: 5 }, (_, place) => share(String(place)));
        const waiting = new Set<Share>();
        for (const { who, what, amount } of played) {
          const one = shares[who]!; // five of them
          if (what === "take" && !waiting.has(one)) {
            waiting.add(one);
            void Promise.resolve(one.take(amount)).then(() => waiting.delete(one));
          }
          if (what === "give" && !waiting.has(one)) one.give();
          if (what === "close") one.close();
          if (what === "idle") one.waitForClient();
          if (what === "moved") one.clientMoved();
          if (what === "less") one.resize(Math.min(amount, one.held));
          if (what === "time") clock.advance(amount * 500);
          await new Promise((resolve) => setImmediate(resolve));
          expect(budget.free).toBe(10 - shares.reduce((sum, { held }) => sum + held, 0));
          expect(budget.free).toBeGreaterThanOrEqual(0);
        }
        for (const one of shares) one.close();
        expect([budget.free, budget.waiting, clock.armed]).toEqual([10, 0, 0]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("P4 what all calls of a server share", () => {
  test("so many calls are let in and one more is refused, until one has ended", () => {
    const budgets = new CallBudgets(new ManualClock(), { calls: 2 });
    const first = budgets.open(() => undefined);
    budgets.open(() => undefined);
    expect(() => budgets.open(() => undefined)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    first.close();
    first.close();
    budgets.open(() => undefined);
    expect(() => budgets.open(() => undefined)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
  });

  test("half of the bytes of untaken answers is for pages, and a page more waits for room", async () => {
    const budgets = new CallBudgets(new ManualClock(), { unreadAnswersBytes: 2 * 2 * 256 * 1024 });
    const calls = [1, 2, 3].map(() => budgets.open(() => undefined));
    const lines = calls.map(({ shares }) => pageMayBeRead(shares));
    expect(await settled(lines)).toEqual([true, true, false]);
    calls[0]?.close();
    expect(await settled(lines)).toEqual([true, true, true]);
  });
});
