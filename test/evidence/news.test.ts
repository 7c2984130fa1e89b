import fc from "fast-check";
import { expect, test } from "vitest";
import { News } from "../../src/evidence/news.ts";

const COMMITS_UNTOLD = 4;

interface Bench {
  readonly news: News;
  readonly told: string[];
}

function bench(): Bench {
  const told: string[] = [];
  return { news: new News((runId) => told.push(runId)), told };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) await turn();
}

test("news of the last commit waits as long as another commit may bring more, and is told when none follows", async () => {
  const { news, told } = bench();
  news.add(["run-1"]);
  const { promise, resolve } = Promise.withResolvers<void>();
  const during = news.tellDuring(promise);
  await turns(5);
  expect(told).toEqual([]);
  resolve();
  await during;
  news.tellAll();
  expect(told).toEqual(["run-1"]);
  news.tellAll();
  expect(told).toEqual(["run-1"]);
});

test("older news is told while the disk works, the longest waiting first, one run a turn", async () => {
  const { news, told } = bench();
  news.add(["run-1", "run-2"]);
  news.add(["run-1", "run-3"]);
  const { promise, resolve } = Promise.withResolvers<void>();
  const during = news.tellDuring(promise);
  await turn();
  expect(told).toEqual(["run-1"]);
  await turns(5);
  expect(told).toEqual(["run-1", "run-2"]);
  resolve();
  await during;
});

test("a write that has ended leaves no time to tell: what is left waits for the next", async () => {
  const { news, told } = bench();
  news.add(["run-1", "run-2", "run-3"]);
  news.add([]);
  await news.tellDuring(Promise.resolve());
  expect(told).toEqual([]);
  news.tellAll();
  expect(told).toEqual(["run-1", "run-2", "run-3"]);
});

test("however busy the process is, a run is told after four more commits", () => {
  const { news, told } = bench();
  news.add(["run-1"]);
  for (let commit = 1; commit < COMMITS_UNTOLD; commit += 1) {
    news.add(["run-2"]);
    expect(told).toEqual([]);
  }
  news.add(["run-2"]);
  expect(told).toEqual(["run-1"]);
});

test("a write that fails ends the telling as it failed, also while somebody is told", async () => {
  const { news, told } = bench();
  news.add(["run-1"]);
  news.add([]);
  const { promise, reject } = Promise.withResolvers<void>();
  const during = news.tellDuring(promise);
  await turn();
  reject(new Error("no space left"));
  await expect(during).rejects.toThrow("no space left");
  expect(told).toEqual(["run-1"]);
});

test("whatever the order of commits and writes, nobody is told without news and nobody is forgotten", async () => {
  const runs = fc.uniqueArray(fc.constantFrom("run-1", "run-2", "run-3", "run-4", "run-5"));
  const commit = fc.record({ runs, turnsOfWrite: fc.nat({ max: 4 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(commit, { maxLength: 12 }), async (commits) => {
      const due = new Map<string, number>();
      let number = 0;
      const news = new News((runId) => {
        expect(due.delete(runId)).toBe(true);
      });
      for (const { runs: ids, turnsOfWrite } of commits) {
        await news.tellDuring(turns(turnsOfWrite));
        number += 1;
        for (const id of ids) if (!due.has(id)) due.set(id, number);
        news.add(ids);
        for (const since of due.values()) expect(number - since).toBeLessThan(COMMITS_UNTOLD);
      }
      news.tellAll();
      expect([...due.keys()]).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
