import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import type { Schedule, ScheduleNews } from "#orchestration";
import { scheduledRunId, Scheduler } from "#orchestration";
import { Fault } from "#model";
import { ManualClock, START_OF_TIME } from "../../support/clock.ts";

const HOUR_MS = 3_600_000;

/** A scheduler with one schedule that fires at every full hour, and what became of it. */
function bench(rest: Partial<Schedule> = {}, { store = memoryStore() }: { store?: EvidenceStore } = {}) {
  const clock = new ManualClock();
  const news: ScheduleNews[] = [];
  const started: string[] = [];
  const schedule: Schedule = {
    name: "nightly",
    plan: "/plan.yaml",
    cron: "0 * * * *",
    timeZone: "UTC",
    overlap: "skip",
    enabled: true,
    next: (afterMs) => (Math.floor(afterMs / HOUR_MS) + 1) * HOUR_MS,
    async start({ runId = "", actor }) {
      started.push(`${actor} ${runId}`);
      await store.append(runId, 0, [{ event_type: "run.created", timestamp_utc: clock.now(), actor, attempt: 0 }]);
      return { runId, planHash: "", attached: false };
    },
    ...rest,
  };
  const scheduler = new Scheduler({ schedules: [schedule], store, clock, onNews: (one) => news.push(one) });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let turns = 0; turns < 20; turns += 1) await turn();
  };
  return { store, clock, news, started, scheduler, pass };
}

function memoryStore(): EvidenceStore {
  let ids = 0;
  return createMemoryStore({ newEventId: () => `event-${(ids += 1)}` });
}

async function end(store: EvidenceStore, runId: string): Promise<void> {
  await store.append(runId, 1, [
    {
      event_type: "run.completed",
      timestamp_utc: "2026-01-04T00:00:00.000Z",
      actor: "x",
      attempt: 0,
      status: "succeeded",
    },
  ]);
}

describe("a scheduler", () => {
  test("starts a run whose id is the schedule and the time that it is for, once for each time", async () => {
    const { scheduler, pass, started, store } = bench();
    await scheduler.start();
    await pass(0);
    expect(started).toEqual(["schedule:nightly nightly-20260104T000000Z"]); // due within the last minute
    await end(store, "nightly-20260104T000000Z");
    await pass(HOUR_MS - 1);
    expect(started).toHaveLength(1);
    await pass(1);
    expect(started.at(-1)).toBe("schedule:nightly nightly-20260104T010000Z");
    expect(scheduler.list()).toMatchObject([{ name: "nightly", nextAt: "2026-01-04T02:00:00.000Z" }]);
  });

  test("does not skip a firing for the run that another one has started of it while it looked", async () => {
    const store = memoryStore();
    let started = 0;
    const start: Schedule["start"] = async ({ runId = "" }) => (
      (started += 1),
      { runId, planHash: "", attached: true }
    );
    const racing = bench(
      { start },
      {
        store: {
          ...store,
          head: async () => undefined,
          runs: async () => [],
          openRuns: async () => [{ runId: "nightly-20260104T000000Z", size: 1, hash: "", completed: false }],
        },
      },
    );
    await racing.scheduler.start();
    await racing.pass(0);
    expect([started, racing.news]).toEqual([1, []]);
  });

  test.each(["skip", "allow"] as const)(
    "finds what another one has started in the same minute, and does and says nothing of it (overlap %s)",
    async (overlap) => {
      const one = bench({ overlap });
      await one.scheduler.start();
      await one.pass(0);
      const other = bench({ overlap }, { store: one.store });
      await other.scheduler.start();
      await other.pass(0);
      expect(one.started).toHaveLength(1);
      expect([other.started, other.news]).toEqual([[], []]);
    },
  );

  test("skips a firing while a run of the schedule has not ended, and says so, unless that is allowed", async () => {
    for (const overlap of ["skip", "allow"] as const) {
      const { scheduler, pass, started, news } = bench({ overlap });
      await scheduler.start();
      await pass(0);
      await pass(HOUR_MS);
      expect(started).toHaveLength(overlap === "skip" ? 1 : 2);
      const skipped = news.filter(({ kind }) => kind === "skipped");
      expect(skipped).toEqual(
        overlap === "skip"
          ? [
              {
                kind: "skipped",
                schedule: "nightly",
                at: "2026-01-04T01:00:00.000Z",
                why: expect.stringContaining("nightly-20260104T000000Z"),
              },
            ]
          : [],
      );
    }
  });

  test("does not make up for what was missed while nobody was there, and says when that began", async () => {
    const store = memoryStore();
    const last = scheduledRunId("nightly", START_OF_TIME - 10 * HOUR_MS);
    await store.append(last, 0, [
      { event_type: "run.created", timestamp_utc: "2026-01-03T14:00:00.000Z", actor: "x", attempt: 0 },
    ]);
    await end(store, last);
    const { scheduler, pass, started, news } = bench({}, { store });
    await scheduler.start();
    await pass(0);
    expect(started).toEqual(["schedule:nightly nightly-20260104T000000Z"]);
    expect(news.filter(({ kind }) => kind === "missed")).toMatchObject([{ at: "2026-01-03T15:00:00.000Z" }]);
  });

  test("does not make up for what a sleeping machine has missed", async () => {
    const { scheduler, pass, started, news, clock } = bench({ overlap: "allow" });
    await scheduler.start();
    await pass(0);
    clock.hold(5 * HOUR_MS + HOUR_MS / 2); // timers come late
    await pass(60_000);
    expect(started).toHaveLength(1);
    expect(news.filter(({ kind }) => kind === "missed")).toMatchObject([{ at: "2026-01-04T01:00:00.000Z" }]);
    await pass(HOUR_MS / 2);
    expect(started.at(-1)).toBe("schedule:nightly nightly-20260104T060000Z");
  });

  test("tells of a plan that is broken when its time comes, starts nothing, and goes on", async () => {
    let broken = true;
    const { scheduler, pass, news } = bench({
      start: ({ runId = "" }) =>
        broken
          ? Promise.reject(
              new Fault("INVALID_REQUEST", "The plan is not valid.", {
                violations: [{ field: "p.yaml:3", description: "is odd" }],
              }),
            )
          : Promise.resolve({ runId, planHash: "", attached: false }),
    });
    await scheduler.start();
    await pass(0);
    expect(news).toMatchObject([{ kind: "failed", why: expect.stringContaining("p.yaml:3 is odd") as string }]);
    broken = false;
    await pass(HOUR_MS);
    expect(news.at(-1)).toMatchObject({ kind: "started", runId: "nightly-20260104T010000Z" });
  });

  test("fires no more once it was closed, nor a schedule that is not enabled", async () => {
    const closed = bench();
    await closed.scheduler.start();
    await closed.pass(0);
    await closed.scheduler.close();
    await closed.pass(2 * HOUR_MS);
    expect(closed.started).toHaveLength(1);
    expect(closed.clock.armed).toBe(0);
    const off = bench({ enabled: false });
    await off.scheduler.start();
    await off.pass(2 * HOUR_MS);
    expect(off.started).toEqual([]);
    expect(off.scheduler.list()[0]?.nextAt).toBeUndefined();
  });
});
