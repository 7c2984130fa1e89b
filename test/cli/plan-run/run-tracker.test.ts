import { describe, expect, it } from "vitest";
import { levelsOf } from "../../../src/cli/plan-run/levels.ts";
import { eventLine } from "../../../src/cli/views/event-line.ts";
import { plain } from "../../../src/cli/text/paint.ts";
import { runEvent, toldJob, tracked } from "../support/tracked-runs.ts";

describe("a run that is followed", () => {
  const jobs = [toldJob("a", { maxAttempts: 2 }), toldJob("b", { needs: ["a"] })];

  it("is in each state that its events tell, one after the other", () => {
    const tracker = tracked(jobs, []);
    const job = tracker.jobs.get("a");
    const seen = [
      runEvent("job.started", "a"),
      runEvent("job.failed", "a", { reason: "x" }),
      runEvent("job.retried", "a", { attempt: 1, reason: "unknown: attempt 2 of 2 in 1 s" }),
      runEvent("job.started", "a", { attempt: 1 }),
      runEvent("job.failed", "a", { errorClass: "in_doubt" }),
      runEvent("run.override_applied", "a", { status: "succeeded", reason: "seen" }),
      runEvent("job.compensated", "a"),
    ].map((event) => {
      tracker.take(event);
      return job?.status;
    });
    expect(seen).toEqual(["running", "failed", "retrying", "running", "in_doubt", "succeeded", "compensated"]);
    expect(job).toMatchObject({ attempt: 1, marked: true });
  });

  it("waits again with all that had failed or was skipped when it is resumed", () => {
    const tracker = tracked(jobs, [
      runEvent("job.failed", "a"),
      runEvent("job.skipped", "b", { reason: "needs a, which failed" }),
      runEvent("run.completed", "", { status: "failed" }),
    ]);
    expect(tracker.hasEnded).toBe(true);
    tracker.take(runEvent("run.resumed"));
    expect([...tracker.jobs.values()].map(({ status }) => status)).toEqual(["pending", "pending"]);
    expect(tracker.hasEnded).toBe(false);
  });

  it("has a level for each job, that of its longest way from a job that needs nothing", () => {
    const plan = [
      { key: "d", needs: ["c", "a"] },
      { key: "c", needs: ["b"] },
      { key: "b", needs: ["a"] },
      { key: "a", needs: [] },
    ];
    expect([...levelsOf(plan)].toSorted(([one], [other]) => one.localeCompare(other))).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
      ["d", 3],
    ]);
  });

  it("has a line for what a person waits for, and none for steps and states in between", () => {
    const tracker = tracked(jobs, []);
    const scope = { tracker, paint: plain, columns: 60 };
    const line = (...event: Parameters<typeof runEvent>): string | undefined => eventLine(runEvent(...event), scope);
    expect(line("job.started", "a", { attempt: 1 })).toBe("▸ started      a  attempt 2 of 2");
    expect(line("gate.rejected", "b", { actor: "bob", reason: "no\u001B" })).toBe("✗ rejected     b  no\\u{1b}  (bob)");
    expect(line("run.state_changed", "", { status: "blocked", reason: "y".repeat(90) })).toHaveLength(60);
    expect(line("run.state_changed", "", { status: "executing" })).toBeUndefined();
    expect(line("step.started", "a")).toBeUndefined();
  });
});
