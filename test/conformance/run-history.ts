import { describe, expect, it } from "vitest";
import type { RecordDraft } from "#evidence";
import { entryOf } from "../../src/evidence/history/history-entry.ts";
import type { HistoryQuery, RunHistory } from "../../src/evidence/history/run-history.ts";
import { created, draft } from "../evidence/support/drafts.ts";

/** One adapter of the port, as the suite sees it. */
export interface HistorySubject {
  readonly name: string;
  /** A fresh one; what it stands on goes when the test does. */
  readonly open: () => RunHistory & Disposable;
}

const ALL: HistoryQuery = { limit: 100, kind: "plan", statuses: new Set(), nameContains: "" };

/** The drafts as a batch of one run, from the place `from` on. */
export function batch(runId: string, drafts: readonly RecordDraft[], from = 0) {
  const record = (said: RecordDraft, place: number) => ({
    ...said,
    event_id: "event",
    run_id: runId,
    seq: from + place,
    hash: `hash-${from + place}`,
  });
  return { runId, entries: drafts.map((said, place) => entryOf(record(said, place))) };
}

/** The record that opens the run of a plan. */
export function planCreated(name: string, members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("run.created", {
    contract_id: "contract-1",
    plan_hash: "plan-1",
    job_keys: ["build", "test"],
    reason: "a release",
    data: { name },
    ...members,
  });
}

const at = (second: number) => `2026-11-21T00:00:${String(second).padStart(2, "0")}.000Z`;

/** What every adapter of the port has to do. */
export function runHistoryConformance({ name: adapter, open }: HistorySubject): void {
  describe(`run history: ${adapter}`, () => {
    it("knows nothing of a run that it was not told of", () => {
      using history = open();
      expect(history.run("r")).toBeUndefined();
      expect(history.position("r")).toBeUndefined();
      expect(history.newest()).toBeUndefined();
      expect(history.jobs("r", { limit: 10 })).toEqual([]);
      expect(history.attempts("r", { limit: 10 })).toEqual([]);
      expect(history.words("r", { limit: 10 })).toEqual([]);
      expect(history.list(ALL)).toEqual({ runs: [] });
    });

    it("tells who has started a run of a plan, why, and in which state it is", () => {
      using history = open();
      history.take([batch("r", [planCreated("ship", { actor: "ann" }), state("executing")])]);
      expect(history.run("r")).toEqual({
        runId: "r",
        kind: "plan",
        name: "ship",
        status: "executing",
        planHash: "plan-1",
        submittedBy: "ann",
        why: "a release",
        contractId: "contract-1",
        createdAt: "2026-11-21T00:00:00.000Z",
        jobsDeclared: 2,
      });
      expect(history.position("r")).toEqual({ runId: "r", size: 2, hash: "hash-1" });
      expect(history.openRuns()).toEqual([{ runId: "r", size: 2, hash: "hash-1" }]);
    });

    it("tells of a direct job as of a run with one job", () => {
      using history = open();
      const ended = [draft("job.succeeded", { job_key: "job", duration_seconds: 2 }), completed("succeeded")];
      history.take([
        batch("j", [
          created("j"),
          draft("job.started", { job_key: "job", job_id: "j" }),
          { ...used(5), job_key: undefined },
          ...ended,
        ]),
      ]);
      expect(history.run("j")).toMatchObject({ kind: "job", name: "j", status: "succeeded", jobsDeclared: 1 });
      expect(history.attempts("j", { limit: 10 })).toMatchObject([
        { key: "job", attempt: 0, jobId: "j", status: "succeeded", durationSeconds: 2, peakRssBytes: 5 },
      ]);
      expect(history.list(ALL).runs).toEqual([]);
      expect(history.list({ ...ALL, kind: "job" }).runs).toHaveLength(1);
      expect(history.openRuns()).toEqual([]);
    });

    it("adds up what the steps of an attempt used, and takes the largest of their peaks", () => {
      using history = open();
      history.take([batch("r", [planCreated("ship"), started("build", 0), used(7, 0.5), used(9, 0.25)])]);
      history.take([batch("r", [used(8, 1), failed("build", 0, { data: { exit_code: 3 } })], 4)]);
      expect(history.attempts("r", { limit: 10 })).toEqual([
        {
          key: "build",
          attempt: 0,
          jobId: "r/build/0",
          planHash: "plan-1",
          status: "failed",
          errorClass: "transient_io",
          reason: "no",
          startedAt: at(0),
          endedAt: at(0),
          durationSeconds: 1.5,
          exitCode: 3,
          peakRssBytes: 9,
          cpuSeconds: 1.75,
        },
      ]);
    });

    it("tells how long a failed attempt waited for the next one", () => {
      using history = open();
      const retried = draft("job.retried", { job_key: "build", attempt: 1, data: { delay_ms: 1500 } });
      history.take([batch("r", [planCreated("ship"), started("build", 0), failed("build", 0), retried])]);
      expect(history.jobs("r", { limit: 10 })).toMatchObject([{ key: "build", status: "retrying", attempts: 1 }]);
      history.take([batch("r", [started("build", 1), draft("job.succeeded", { job_key: "build", attempt: 1 })], 4)]);
      const attempts = history.attempts("r", { limit: 10 });
      expect(attempts.map(({ attempt, status, retryDelayMs }) => ({ attempt, status, retryDelayMs }))).toEqual([
        { attempt: 0, status: "failed", retryDelayMs: 1500 },
        { attempt: 1, status: "succeeded", retryDelayMs: undefined },
      ]);
      expect(history.jobs("r", { limit: 10 })).toMatchObject([{ key: "build", status: "succeeded", attempts: 2 }]);
    });

    it("tells the end of an attempt that was cancelled, cut off, or left in doubt from a failure", () => {
      using history = open();
      const ends = [
        failed("a", 0, { status: "CANCELLED", error_class: "cancelled" }),
        failed("b", 0, { error_class: "cancelled", data: { interrupted: true } }),
        failed("c", 0, { error_class: "in_doubt" }),
      ];
      const starts = ["a", "b", "c"].map((key) => started(key, 0));
      history.take([batch("r", [planCreated("ship"), ...starts, ...ends])]);
      expect(history.attempts("r", { limit: 10 }).map(({ status }) => status)).toEqual([
        "cancelled",
        "interrupted",
        "in_doubt",
      ]);
    });

    it("calls a job failed whose next attempt was due when its run ended", () => {
      using history = open();
      const retried = draft("job.retried", { job_key: "build", attempt: 1 });
      history.take([batch("r", [planCreated("ship"), started("build", 0), failed("build", 0), retried])]);
      history.take([batch("r", [completed("failed")], 4)]);
      expect(history.jobs("r", { limit: 10 })).toMatchObject([{ key: "build", status: "failed" }]);
    });

    it("keeps everybody's word with who said it and why", () => {
      using history = open();
      const words = [
        draft("gate.approved", { job_key: "test", actor: "bea", reason: "looked at it" }),
        draft("run.override_applied", { job_key: "build", actor: "cem", reason: "done by hand", status: "succeeded" }),
        draft("run.completed", { actor: "dan", reason: "not today", status: "cancelled" }),
      ];
      history.take([batch("r", [planCreated("ship"), ...words])]);
      expect(history.words("r", { limit: 10 })).toEqual([
        { seq: 1, kind: "gate.approved", jobKey: "test", actor: "bea", reason: "looked at it", at: at(0) },
        {
          seq: 2,
          kind: "run.override_applied",
          jobKey: "build",
          status: "succeeded",
          actor: "cem",
          reason: "done by hand",
          at: at(0),
        },
        { seq: 3, kind: "run.completed", status: "cancelled", actor: "dan", reason: "not today", at: at(0) },
      ]);
      expect(history.words("r", { limit: 1 })).toHaveLength(1);
      expect(history.jobs("r", { limit: 10 })).toMatchObject([
        { key: "build", status: "succeeded", marked: true },
        { key: "test", status: "pending", marked: false },
      ]);
    });

    it("opens a run again that goes on after it had failed", () => {
      using history = open();
      history.take([batch("r", [planCreated("ship"), completed("failed")])]);
      expect(history.run("r")).toMatchObject({ status: "failed", endedAt: at(0) });
      history.take([batch("r", [draft("run.resumed", { reason: "mended" })], 2)]);
      expect(history.run("r")).toMatchObject({ status: "executing", reason: "mended" });
      expect(history.run("r")?.endedAt).toBeUndefined();
      expect(history.openRuns()).toHaveLength(1);
    });

    it("lists the newest first, of one time the one that came in last, page by page", () => {
      using history = open();
      const times = [3, 1, 2, 2, 2, 5];
      for (const [place, second] of times.entries())
        history.take([batch(`r${place}`, [planCreated("ship", { timestamp_utc: at(second) })])]);
      const whole = history.list(ALL).runs.map(({ runId }) => runId);
      expect(whole).toEqual(["r5", "r0", "r4", "r3", "r2", "r1"]);
      for (const limit of [1, 2, 3, 6]) expect(pages(history, { ...ALL, limit })).toEqual(whole);
    });

    it("goes on with a list where it was, whatever runs come in meanwhile", () => {
      using history = open();
      for (const second of [1, 2, 3, 4])
        history.take([batch(`r${second}`, [planCreated("ship", { timestamp_utc: at(second) })])]);
      const first = history.list({ ...ALL, limit: 2 });
      history.take([batch("new", [planCreated("ship", { timestamp_utc: at(9) })])]);
      const second = history.list({ ...ALL, limit: 2, behind: first.next });
      expect([...first.runs, ...second.runs].map(({ runId }) => runId)).toEqual(["r4", "r3", "r2", "r1"]);
      expect(second.next).toBeUndefined();
    });

    it("lists only runs of a name, of states, and of a time from its first moment to before its last", () => {
      using history = open();
      for (const [second, name] of ["ship", "shop", "build"].entries())
        history.take([batch(name, [planCreated(name, { timestamp_utc: at(second) }), state("executing")])]);
      history.take([batch("shop", [completed("failed")], 2)]);
      const ids = (query: Partial<HistoryQuery>) => history.list({ ...ALL, ...query }).runs.map(({ runId }) => runId);
      expect(ids({ nameContains: "sh" })).toEqual(["shop", "ship"]);
      expect(ids({ nameContains: "SH" })).toEqual([]);
      expect(ids({ idBegins: "sh" })).toEqual(["shop", "ship"]);
      expect(ids({ idBegins: "shi" })).toEqual(["ship"]);
      expect(ids({ idBegins: "SH" })).toEqual([]);
      expect(ids({ statuses: new Set(["failed", "blocked"]) })).toEqual(["shop"]);
      expect(ids({ createdAfter: at(1) })).toEqual(["build", "shop"]);
      expect(ids({ createdBefore: at(1) })).toEqual(["ship"]);
      expect(ids({ createdAfter: at(1), createdBefore: at(2) })).toEqual(["shop"]);
    });

    it("tells jobs and attempts in their order, behind one that was told", () => {
      using history = open();
      const starts = [started("b", 0), started("a", 10), started("a", 2), started("B", 0)];
      history.take([batch("r", [planCreated("ship"), ...starts])]);
      const names = (behind?: { key: string; attempt: number }) =>
        history.attempts("r", { limit: 2, behind }).map(({ key, attempt }) => `${key}${attempt}`);
      expect(names()).toEqual(["B0", "a2"]);
      expect(names({ key: "a", attempt: 2 })).toEqual(["a10", "b0"]);
      expect(history.attempts("r", { key: "a", limit: 9 })).toHaveLength(2);
      expect(history.jobs("r", { limit: 2 }).map(({ key }) => key)).toEqual(["B", "a"]);
      expect(history.jobs("r", { limit: 2, behind: "a" }).map(({ key }) => key)).toEqual(["b"]);
    });

    it("drops what it knows of a run that is taken anew, and of one that it is to forget", () => {
      using history = open();
      const words = [started("build", 0), draft("run.resumed")];
      history.take([batch("r", [planCreated("ship"), ...words]), batch("other", [planCreated("other")])]);
      history.take([{ ...batch("r", [planCreated("shop")]), anew: true }]);
      expect(history.run("r")).toMatchObject({ name: "shop", status: "created" });
      expect([history.attempts("r", { limit: 9 }), history.jobs("r", { limit: 9 })]).toEqual([[], []]);
      expect(history.words("r", { limit: 9 })).toEqual([]);
      expect(history.newest()?.runId).toBe("r");
      history.forget("r");
      expect(history.run("r")).toBeUndefined();
      expect([history.count(), history.newest()?.runId]).toEqual([1, "other"]);
    });

    it("takes whatever stands in a log that somebody has changed", () => {
      using history = open();
      const odd = { attempt: "x", actor: 7, timestamp_utc: null, job_key: 3, data: { delay_ms: "soon" }, hash: {} };
      const strange = { ...planCreated("ship"), ...odd } as unknown as RecordDraft; // what no producer writes
      history.take([batch("r", [strange, started("\u0000'\"", 0), { ...strange, event_type: "job.retried" }])]);
      expect(history.run("r")).toMatchObject({ submittedBy: "", createdAt: "" });
      expect(history.attempts("r", { limit: 9 })).toMatchObject([{ key: "\u0000'\"" }]);
    });
  });
}

function pages(history: RunHistory, query: HistoryQuery): string[] {
  const found: string[] = [];
  let behind: HistoryQuery["behind"];
  do {
    const page = history.list({ ...query, behind });
    found.push(...page.runs.map(({ runId }) => runId));
    behind = page.next;
  } while (behind !== undefined);
  return found;
}

function state(status: string): RecordDraft {
  return draft("run.state_changed", { status });
}

function completed(status: string): RecordDraft {
  return draft("run.completed", { status });
}

function started(key: string, attempt: number): RecordDraft {
  return draft("job.started", { job_key: key, attempt, job_id: `r/${key}/${attempt}` });
}

function failed(key: string, attempt: number, members: Partial<RecordDraft> = {}): RecordDraft {
  const said = { error_class: "transient_io" as const, reason: "no", duration_seconds: 1.5, status: "FAILED" };
  return draft("job.failed", { job_key: key, attempt, ...said, ...members });
}

function used(peak: number, cpu = 1): RecordDraft {
  const output = { exit_code: 0, resources: { peak_rss_bytes: peak, cpu_seconds: cpu } };
  return draft("step.succeeded", { output, job_key: "build" });
}
