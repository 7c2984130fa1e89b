import { describe, expect, test } from "vitest";
import { createMemoryStore, verifyLines } from "#evidence";
import type { EvidenceStore, StoredRecord } from "#evidence";
import { DenialLog } from "#orchestration";
import type { DeniedCall } from "#orchestration";
import { ManualClock } from "../../support/clock.ts";

const DAY_MS = 86_400_000;
const TODAY = "denials-2026-01-04";
const DENIED: DeniedCall = {
  kind: "unauthenticated",
  principal: "",
  peer: "192.0.2.7",
  method: "/a.B/C",
  detail: "no token",
};

interface Bench {
  readonly clock: ManualClock;
  readonly store: EvidenceStore;
  readonly log: DenialLog;
  readonly problems: unknown[];
  readonly records: () => Promise<readonly StoredRecord[]>;
}

function bench(given: Partial<EvidenceStore> = {}): Bench {
  const clock = new ManualClock();
  let ids = 0;
  const store = createMemoryStore({ newEventId: () => `event-${(ids += 1)}` });
  const problems: unknown[] = [];
  const used = Object.assign(Object.create(store) as EvidenceStore, boundTo(store), given);
  const log = new DenialLog({ openStore: () => used, clock, onProblem: (error) => problems.push(error) });
  return { clock, store, log, problems, records: () => allOf(store) };
}

async function allOf(store: EvidenceStore): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (;;) {
    const page = await store.read(TODAY, all.length - 1, 1000);
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** The methods that the log uses, as those of the store itself. */
function boundTo(store: EvidenceStore): Pick<EvidenceStore, "append" | "head" | "openRuns"> {
  return {
    append: (...given) => store.append(...given),
    head: (id) => store.head(id),
    openRuns: () => store.openRuns(),
  };
}

interface Counted {
  readonly total: number;
  readonly others: number;
  readonly denials: readonly { readonly count: number; readonly method: string }[];
}

function countedIn(records: readonly StoredRecord[]): readonly Counted[] {
  return records
    .filter(({ record }) => record.event_type === "denials.counted")
    .map(({ record }) => record.data as unknown as Counted); // written by the log that is tested
}

const sum = (numbers: readonly number[]): number => numbers.reduce((so, number) => so + number, 0);

/** Lets time pass and every record that is due be written. */
async function pass({ clock, log }: Bench, ms: number): Promise<void> {
  clock.advance(ms);
  await log.flush().catch(() => undefined);
}

describe("denials are recorded by their number", () => {
  test("each kind with its count, its first and its last time, in a log that verifies", async () => {
    const { clock, log, records, problems } = bench();
    log.note(DENIED);
    clock.advance(2000);
    log.note(DENIED);
    log.note({ ...DENIED, kind: "permission", principal: "ann", peer: "" });
    clock.advance(8000);
    await log.flush();
    const all = await records();
    expect(all.map(({ record }) => record.event_type)).toEqual(["denials.opened", "denials.counted"]);
    expect(all[1]?.record.data).toEqual({
      total: 3,
      others: 0,
      denials: [
        {
          ...DENIED,
          principal: "",
          count: 2,
          first_at: "2026-01-04T00:00:00.000Z",
          last_at: "2026-01-04T00:00:02.000Z",
        },
        {
          kind: "permission",
          principal: "ann",
          method: "/a.B/C",
          detail: "no token",
          count: 1,
          first_at: "2026-01-04T00:00:02.000Z",
          last_at: "2026-01-04T00:00:02.000Z",
        },
      ],
    });
    const report = await verifyLines(all.map(({ line }) => line));
    expect(report).toMatchObject({ ok: true, kind: "denials", complete: false });
    expect(problems).toEqual([]);
  });

  test("nothing is written before ten seconds are over, and nothing at all where nothing is denied", async () => {
    const { clock, log, records, store } = bench();
    await log.flush();
    expect(await store.openRuns()).toEqual([]);
    log.note(DENIED);
    clock.advance(9999);
    expect(clock.armed).toBe(1);
    expect(await records()).toEqual([]);
    clock.advance(1);
    await log.flush();
    expect(await records()).toHaveLength(2);
    expect(clock.armed).toBe(0);
  });

  test("what somebody reads is caught up with, but not sooner than ten seconds behind the last record", async () => {
    const { clock, log, records } = bench();
    log.note(DENIED);
    await log.catchUp();
    expect(countedIn(await records())).toHaveLength(1);
    log.note(DENIED);
    await log.catchUp();
    expect(countedIn(await records())).toHaveLength(1);
    clock.advance(10_000);
    await log.catchUp();
    expect(countedIn(await records())).toHaveLength(2);
  });
});

describe("whoever is denied decides neither how often nor how much is written", () => {
  test("100,000 denials of 100,000 kinds within a day leave few records of a bounded size, with exact counts", async () => {
    const all = bench();
    const floods = 100_000;
    const stepMs = 800; // 80,000 s: not quite a day
    let due = 0;
    for (let n = 0; n < floods; n += 1) {
      all.log.note({ ...DENIED, peer: `198.51.100.${n}`, method: `/a.B/M${n}`, detail: "x".repeat(5000) });
      const before = all.clock.armed;
      all.clock.advance(stepMs);
      if (before === 1 && all.clock.armed === 0) {
        due += 1;
        await all.log.flush();
      }
    }
    await all.log.flush();
    const records = await all.records();
    const counted = countedIn(records);
    expect(due).toBeGreaterThan(100);
    expect(counted.length).toBeLessThan(150);
    expect(Math.max(...counted.map(({ denials }) => denials.length))).toBeLessThanOrEqual(64);
    expect(Math.max(...records.map(({ line }) => line.length))).toBeLessThan(64 * 700);
    expect(sum(counted.map(({ total }) => total))).toBe(floods);
    expect(sum(counted.flatMap(({ others, denials }) => [others, ...denials.map(({ count }) => count)]))).toBe(floods);
    expect((await verifyLines(records.map(({ line }) => line))).ok).toBe(true);
  });

  test("100,000 denials in one moment are one record, in which those beyond 64 kinds share a number", async () => {
    const { log, records } = bench();
    for (let n = 0; n < 100_000; n += 1) log.note({ ...DENIED, method: `/a.B/M${n % 1000}` });
    await log.flush();
    const [counted] = countedIn(await records());
    expect(counted?.denials.map(({ count }) => count)).toEqual(Array.from({ length: 64 }, () => 100));
    expect([counted?.total, counted?.others]).toEqual([100_000, 93_600]);
  });

  test("new kinds of the same minute find no room in the next record either, and those of the next minute do", async () => {
    const all = bench();
    for (let n = 0; n < 64; n += 1) all.log.note({ ...DENIED, method: `/a.B/M${n}` });
    await pass(all, 10_000);
    all.log.note({ ...DENIED, method: "/new" });
    all.log.note({ ...DENIED, method: "/a.B/M5" });
    await pass(all, 60_000);
    all.log.note({ ...DENIED, method: "/new" });
    await pass(all, 60_000);
    const [, second, third] = countedIn(await all.records());
    expect([second?.others, second?.denials.map(({ method }) => method)]).toEqual([1, ["/a.B/M5"]]);
    expect([third?.others, third?.denials.map(({ method }) => method)]).toEqual([0, ["/new"]]);
  });

  test("records are twice as far apart each time while denials go on, ten minutes at most, and near again after a pause", async () => {
    const all = bench();
    const waits: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      all.log.note(DENIED);
      let waited = 0;
      for (; all.clock.armed > 0; waited += 1) all.clock.advance(1000);
      waits.push(waited);
      await all.log.flush();
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600]);
    all.clock.advance(600_001);
    all.log.note(DENIED);
    all.clock.advance(10_000);
    expect(all.clock.armed).toBe(0);
  });
});

describe("there is one log of denials a day", () => {
  test("the one of a day that is over is closed by the first record behind it, also after a restart", async () => {
    const all = bench();
    all.log.note(DENIED);
    await pass(all, 10_000);
    all.clock.advance(DAY_MS);
    const { store, clock } = all;
    const next = new DenialLog({ openStore: () => store, clock, onProblem: (error) => all.problems.push(error) });
    next.note(DENIED);
    await next.flush();
    const lines = (await all.records()).map(({ line }) => line);
    expect(await verifyLines(lines)).toMatchObject({ ok: true, complete: true, records: 3 });
    expect(await store.head("denials-2026-01-05")).toMatchObject({ size: 2, completed: false });
    expect(all.problems).toEqual([]);
  });

  test("goes on in the log of the same day after a restart", async () => {
    const { store, clock, log, records, problems } = bench();
    log.note(DENIED);
    await log.flush();
    const again = new DenialLog({ openStore: () => store, clock, onProblem: (error) => problems.push(error) });
    again.note(DENIED);
    await again.flush();
    expect(countedIn(await records())).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  test("a clock that was set back over midnight has a second log of the day begun", async () => {
    const all = bench();
    all.log.note(DENIED);
    await all.log.flush();
    all.clock.advance(DAY_MS);
    all.log.note(DENIED);
    await all.log.flush();
    all.clock.setBack(DAY_MS);
    all.log.note(DENIED);
    await all.log.flush();
    expect((await all.store.runs({ limit: 10 })).map(({ runId }) => runId)).toEqual([
      `${TODAY}.2`,
      "denials-2026-01-05",
      TODAY,
    ]);
    expect(all.problems).toEqual([]);
  });
});

test("a store that takes no more is told of once, and stops no call", async () => {
  const { log, problems } = bench({ append: () => Promise.reject(new Error("the disk is full")) });
  for (let n = 0; n < 3; n += 1) {
    log.note(DENIED);
    await log.flush();
  }
  expect(problems).toEqual([new Error("the disk is full")]);
});
