import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryHistory, createMemoryStore, HistoryFeed, rebuildHistory } from "#evidence";
import type { EvidenceStore, RecordDraft, RunHistory } from "#evidence";
import { foreignTo, missedRuns } from "../../../src/evidence/history/missed-runs.ts";
import { compareHistory } from "../../../src/evidence/history/compare-history.ts";
import type { RunAppend } from "../../../src/evidence/log-backend.ts";
import { planCreated } from "../../conformance/run-history.ts";
import { ManualClock } from "../../support/clock.ts";
import { anyDraft } from "../support/arbitrary-drafts.ts";
import { completed, draft, note, stepSucceeded } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { fileHistory } from "./support/disposable-history.ts";

interface Fed {
  readonly store: EvidenceStore;
  readonly clock: ManualClock;
  readonly problems: unknown[];
  /** Begins to feed a history, as a start does. */
  readonly feed: (history: RunHistory) => HistoryFeed;
}

/** A store that tells its commits to the feed that was begun last. */
function fed(): Fed {
  let current: HistoryFeed | undefined;
  const store = createMemoryStore({ newEventId: eventIds(), onCommit: (appends) => current?.take(appends) });
  const clock = new ManualClock();
  const problems: unknown[] = [];
  const onProblem = (error: unknown): void => void problems.push(error);
  return {
    store,
    clock,
    problems,
    feed: (history) => (current = new HistoryFeed({ history, store, clock, onProblem })),
  };
}

/** All that a history tells of the runs. */
function told(history: RunHistory, runIds: readonly string[]) {
  return runIds.map((runId) => ({
    run: history.run(runId),
    position: history.position(runId),
    jobs: history.jobs(runId, { limit: 1000 }),
    attempts: history.attempts(runId, { limit: 1000 }),
    words: history.words(runId, { limit: 1000 }),
  }));
}

async function rebuilt(store: EvidenceStore): Promise<RunHistory> {
  const history = createMemoryHistory();
  await rebuildHistory(history, store, {
    onProgress: () => undefined,
    onProblem: (error) => expect.fail(String(error)),
  });
  return history;
}

const keys = fc.constantFrom("a", "b", "a:probe");
/** Drafts about few jobs, so that they are about the same ones. */
const about = fc
  .record({
    said: anyDraft,
    key: fc.option(keys, { nil: undefined }),
    attempt: fc.nat({ max: 2 }),
    status: fc.constantFrom("succeeded", "blocked"),
  })
  .map(({ said, key, attempt, status }): RecordDraft => ({ ...said, job_key: key, attempt, status }));

describe("the feed of the history", () => {
  it("tells the same whatever batches it is fed in as a history that is made anew", async () => {
    const batches = fc.array(
      fc.record({
        run: fc.constantFrom("r0", "r1"),
        drafts: fc.array(about, { minLength: 1, maxLength: 4 }),
        flush: fc.boolean(),
        restart: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(batches, async (said) => {
        const { store, problems, feed } = fed();
        using history = fileHistory();
        let feeding = feed(history);
        const sizes = new Map<string, number>();
        for (const { run, drafts, flush, restart } of said) {
          const size = sizes.get(run) ?? 0;
          const opening = size === 0 ? [planCreated("ship")] : [];
          sizes.set(run, (await store.append(run, size, [...opening, ...drafts])).length + size);
          if (flush) await feeding.settled();
          if (restart) feeding = feed(history); // what the one before had not taken in is lost, as in a crash
        }
        await feeding.settled();
        const ids = [...sizes.keys()];
        expect(told(history, ids)).toEqual(told(await rebuilt(store), ids));
        expect(problems).toEqual([]);
        expect(await compareHistory(history, store)).toEqual({
          runs: ids.length,
          behind: 0,
          newestBehind: undefined,
          unknown: 0,
        });
      }),
      { numRuns: 60 },
    );
  });

  it("takes nothing in on the way of a commit, and all of it some time behind", async () => {
    const { store, clock, feed } = fed();
    const history = createMemoryHistory();
    const feeding = feed(history);
    await feeding.settled();
    await store.append("r", 0, [planCreated("ship")]);
    expect(history.run("r")).toBeUndefined();
    clock.advance(50);
    await feeding.settled();
    expect(history.run("r")?.name).toBe("ship");
  });

  it("answers with all that was committed before it was asked", async () => {
    const { store, feed } = fed();
    const feeding = feed(createMemoryHistory());
    await store.append("r", 0, [planCreated("ship")]);
    expect(await feeding.ask((history) => history.run("r")?.name)).toBe("ship");
  });

  it("reads from the store what did not fit into its queue", async () => {
    const { store, feed, problems } = fed();
    const history = createMemoryHistory();
    const feeding = feed(history);
    await feeding.settled();
    await store.append("r", 0, [planCreated("ship")]);
    const long = "x".repeat(4000);
    for (let size = 1; size < 5001; size += 500)
      // 20 MiB, and the queue holds 8
      await store.append(
        "r",
        size,
        Array.from({ length: 500 }, () => draft("log.checkpoint", { reason: long })),
      );
    await store.append("later", 0, [planCreated("later")]);
    await feeding.settled();
    expect(history.position("r")?.size).toBe(5001);
    expect(history.newest()?.runId).toBe("later");
    expect(problems).toEqual([]);
  });

  it("takes the figures of an output that lies beside the log", async () => {
    const { store, feed } = fed();
    const feeding = feed(createMemoryHistory());
    const output = JSON.stringify({ exit_code: 7, resources: { peak_rss_bytes: 12, cpu_seconds: 0.5 } });
    const $blob = await store.putBlob(Buffer.from(output));
    const step = stepSucceeded(0, { job_key: "a", output: { $blob, size: output.length } });
    const lost = stepSucceeded(1, { job_key: "a", output: { $blob: "A".repeat(43), size: 9 } });
    await store.append("r", 0, [planCreated("ship"), draft("job.started", { job_key: "a" }), step, lost]);
    expect(await feeding.ask((history) => history.attempts("r", { limit: 9 }))).toMatchObject([
      { exitCode: 7, peakRssBytes: 12, cpuSeconds: 0.5 },
    ]);
  });

  it("tells of a history that cannot be written once, fails no commit, and says so to who asks", async () => {
    const { store, feed, problems } = fed();
    const history = createMemoryHistory();
    let suspected = 0;
    const full = Object.assign(history, {
      take: () => {
        throw new Error("the disk is full");
      },
      suspect: () => (suspected += 1),
    });
    const feeding = feed(full);
    await store.append("r", 0, [planCreated("ship")]);
    await expect(feeding.settled()).rejects.toMatchObject({
      code: "HISTORY_UNAVAILABLE",
      message: expect.stringContaining("the disk is full"),
    });
    await store.append("r", 1, [note(1)]);
    await expect(feeding.ask(() => 1)).rejects.toMatchObject({ code: "HISTORY_UNAVAILABLE" });
    expect([problems.length, suspected, store.halted]).toEqual([1, 1, undefined]);
    await feeding.close();
  });

  it("takes in what is queued before it is closed, and is not to be asked after it", async () => {
    const { store, feed } = fed();
    const history = createMemoryHistory();
    const feeding = feed(history);
    await feeding.settled();
    await store.append("r", 0, [planCreated("ship")]);
    await feeding.close();
    await feeding.close();
    expect(history.run("r")?.name).toBe("ship");
    await expect(feeding.ask(() => 1)).rejects.toMatchObject({ code: "HISTORY_UNAVAILABLE" });
  });

  it("leaves no timer behind when it is closed", async () => {
    const { clock, feed } = fed();
    await feed(createMemoryHistory()).close();
    expect(clock.armed).toBe(0);
  });
});

describe("what a start finds of a history", () => {
  it("looks at the runs that it does not know, at open ones, and at those that were opened again, and at no others", async () => {
    const { store, feed } = fed();
    const history = createMemoryHistory();
    const failed = { ...completed(), status: "failed" };
    for (const runId of ["old", "open", "again", "ended"]) await store.append(runId, 0, [planCreated(runId)]);
    await store.append("again", 1, [failed]);
    await store.append("old", 1, [completed()]);
    const feeding = feed(history);
    await feeding.settled();
    expect(await missedRuns(history, store)).toEqual([]);
    const lost = new Set(["open", "again", "ended", "new1", "new2"]);
    feed(createMemoryHistory()); // another one hears of what this one misses
    await store.append("open", 1, [note(1)]);
    await store.append("again", 2, [draft("run.resumed"), { ...completed(), status: "succeeded" }]);
    await store.append("ended", 1, [completed()]);
    for (const runId of ["new1", "new2"]) await store.append(runId, 0, [planCreated(runId)]);
    const missed = await missedRuns(history, store);
    expect(new Set(missed)).toEqual(lost);
    expect(missed.indexOf("new1")).toBeLessThan(missed.indexOf("new2"));
  });

  it("takes a run anew that it knows otherwise than its log, and drops one that has none", async () => {
    const { store, feed } = fed();
    const history = createMemoryHistory();
    const other = fed();
    await other.store.append("r", 0, [planCreated("other"), note(1), note(2)]);
    await other.store.append("gone", 0, [planCreated("gone")]);
    await other.feed(history).settled();
    await store.append("r", 0, [planCreated("ship"), note(1)]);
    expect(await foreignTo(history, store)).toMatch(/its newest run, gone, is not in this store/);
    expect(await compareHistory(history, store)).toEqual({ runs: 1, behind: 1, newestBehind: "r", unknown: 1 });
    await feed(history).settled();
    expect(history.run("r")?.name).toBe("ship");
    expect(history.run("gone")).toBeUndefined();
    expect(await foreignTo(history, store)).toBeUndefined();
  });

  it("takes no record of a run twice, and none out of its order", async () => {
    const history = createMemoryHistory();
    const quiet = createMemoryStore({ newEventId: eventIds() });
    const records = await quiet.append("r", 0, [planCreated("ship"), note(1), note(2), note(3)]);
    const clock = new ManualClock();
    const feeding = new HistoryFeed({ history, store: quiet, clock, onProblem: (error) => expect.fail(String(error)) });
    await feeding.settled();
    const later = await quiet.append("r", 4, [note(4), note(5), note(6)]);
    const append = (...taken: typeof records): RunAppend => ({ runId: "r", records: taken });
    feeding.take([append(...records), append(...later.slice(1, 2)), append(...later.slice(0, 1))]);
    await feeding.settled();
    expect(history.position("r")).toEqual({ runId: "r", size: 7, hash: later.at(-1)?.record.hash });
  });
});
