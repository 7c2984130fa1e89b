import { describe, expect, it } from "vitest";
import { plain } from "../../../src/cli/text/paint.ts";
import { planSummaryJson, planSummaryText } from "../../../src/cli/views/plan-summary.ts";
import { toldJob, toldRunOf } from "../support/tracked-runs.ts";

const STYLE = { paint: plain, columns: 80 };
const times = { startedAt: "2026-02-16T23:00:00.000Z", endedAt: "2026-02-16T23:00:02.500Z", attempt: 0 };

const run = toldRunOf(
  [
    toldJob("build", { status: "succeeded", ...times }),
    toldJob("test", {
      status: "failed",
      ...times,
      attempt: 1,
      maxAttempts: 2,
      reason: "exited\u001B[2J",
      errorClass: "timeout",
    }),
    toldJob("lint", { status: "succeeded", marked: true, reason: "looked at it" }),
    toldJob("ship", { status: "skipped", reason: "needs test, which failed", needs: ["test"] }),
  ],
  { status: "failed", reason: "Job test failed", endedAt: "2026-02-16T23:00:03.000Z" },
);

describe("the summary of a plan's run", () => {
  it("tells each job in the order of the plan, with attempts, times, causes and words of people", () => {
    expect(planSummaryText({ run, logSize: 12, logHead: "head" }, STYLE)).toBe(`Run Summary: run-1
============================================================
Plan: nightly
Status: ✗ failed
Reason: Job test failed
Created: 2026-02-16T23:00:00.000Z by ann
Ended: 2026-02-16T23:00:03.000Z
Duration: 3.00s

Jobs: 4 total (1 failed, 2 succeeded, 1 skipped)

Jobs:
------------------------------------------------------------
  ✓ succeeded    build                 2.50s
  ✗ failed       test   2 of 2         2.50s
      Reason: exited\\u{1b}[2J [timeout]
  ✓ succeeded    lint               marked by hand: looked at it
  ⊘ skipped      ship               needs test, which failed

Run id: run-1
Log: 12 records, head head
Verify: verbatim verify run-1 --head head
Go on: verbatim resume run-1
`);
  });

  it("says who has to approve what while the run waits at a gate", () => {
    const waiting = toldRunOf([toldJob("ship", { status: "blocked", gateOpen: true })], { status: "blocked" });
    const text = planSummaryText({ run: waiting, logSize: 5, logHead: "h" }, STYLE);
    expect(text).toContain("Approve: verbatim approve run-1 ship --actor NAME\n");
    expect(text).not.toContain("Go on:");
  });

  it("of a long plan lists both ends and what needs a look, and says how many it leaves out", () => {
    const jobs = Array.from({ length: 2000 }, (_job, at) =>
      toldJob(`j${at}`, { status: at === 900 ? "failed" : "succeeded" }),
    );
    const lines = planSummaryText({ run: toldRunOf(jobs), logSize: 1, logHead: "h" }, STYLE).split("\n");
    expect(lines.filter((line) => line.startsWith("  ✓"))).toHaveLength(200);
    expect(lines.filter((line) => line.startsWith("  ✗"))).toEqual(["  ✗ failed       j900"]);
    expect(lines.filter((line) => line.includes("left out"))).toEqual([
      "  ... 800 jobs left out here; --json lists all",
      "  ... 999 jobs left out here; --json lists all",
    ]);
  });

  it("is told to programs with nothing left out", () => {
    expect(planSummaryJson({ run, logSize: 12, logHead: "head" })).toMatchObject({
      run_id: "run-1",
      status: "failed",
      log: { records: 12, head: "head" },
      jobs: [
        { key: "build", attempts: 1, duration_seconds: 2.5 },
        { key: "test", attempts: 2, max_attempts: 2, error_class: "timeout" },
        { key: "lint", attempts: 0, marked: true },
        { key: "ship", status: "skipped", reason: "needs test, which failed", started_at: null },
      ],
    });
  });
});
