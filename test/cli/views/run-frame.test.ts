import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { coloured, plain } from "../../../src/cli/text/paint.ts";
import { runFrame } from "../../../src/cli/views/run-frame.ts";
import { runEvent, toldJob, tracked } from "../support/tracked-runs.ts";

const SCOPE = { paint: plain, columns: 80, rows: 24, now: "2026-02-16T23:01:05.000Z" };
const ESCAPE = "\u001B";

/** Columns as a library counts them that is not ours. */
function widest(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => stringWidth(line)));
}

describe("the frame of a run on a terminal", () => {
  const jobs = [
    toldJob("fetch"),
    toldJob("build", { needs: ["fetch"], maxAttempts: 3 }),
    toldJob("test", { needs: ["fetch"] }),
    toldJob("ship", { needs: ["build", "test"], gate: "manual" }),
  ];

  it("has a bar with counts, and the jobs as a tree with state, time, attempt, step and error", () => {
    const tracker = tracked(jobs, [
      runEvent("run.state_changed", "", { status: "executing" }),
      runEvent("job.started", "fetch"),
      runEvent("job.succeeded", "fetch", { durationSeconds: 1.5 }),
      runEvent("job.started", "build", { attempt: 1 }),
      runEvent("step.started", "build", { stepIndex: 2, stepType: "command.run", target: "make all" }),
      runEvent("job.started", "test"),
      runEvent("job.failed", "test", { durationSeconds: 0.25, reason: "Step 0 failed: exited with code 3" }),
    ]);
    expect(runFrame(tracker, SCOPE)).toEqual([
      "▸ executing  nightly  run-1  1:05",
      `${"█".repeat(13)}${"░".repeat(13)}  2 of 4 jobs: 1 failed, 1 running, 1 succeeded, 1 pe…`,
      "✓ succeeded   fetch  1.50s",
      "  ▸ running     build  attempt 2 of 3  1:05  step 2 command.run make all",
      "  ✗ failed      test  0.25s  Step 0 failed: exited with code 3",
      "    · pending     ship",
    ]);
  });

  it("of 2,000 jobs on 80 by 24 shows what failed, waits and runs first, and counts the rest", () => {
    const many = Array.from({ length: 2000 }, (_job, at) => toldJob(`job-${at}`));
    const tracker = tracked(many, [
      ...many.slice(0, 100).flatMap(({ key }) => [runEvent("job.started", key), runEvent("job.succeeded", key)]),
      runEvent("job.started", "job-1500"),
      runEvent("gate.opened", "job-1700", { reason: "a manual gate stands before it" }),
      runEvent("job.started", "job-1900"),
      runEvent("job.failed", "job-1900", { reason: "no" }),
    ]);
    const frame = runFrame(tracker, SCOPE);
    expect(frame).toHaveLength(23);
    expect(frame.slice(2, 5)).toEqual([
      "✗ failed      job-1900  no",
      "◆ at its gate job-1700  a manual gate stands before it",
      "▸ running     job-1500  1:05",
    ]);
    expect(frame.at(-1)).toBe("... and 1980 more: 100 succeeded, 1880 pending");
    expect(widest(frame)).toBeLessThanOrEqual(80);
  });

  it.each([
    [80, 24],
    [20, 5],
    [9, 3],
    [1, 2],
  ])("of hostile names keeps to %i columns and %i lines, and obeys none of them", (columns, rows) => {
    const hostile = [
      "\u001B[2J\u001B[H",
      "a\nb\rc\td",
      "日本語".repeat(40),
      "e\u0301".repeat(90),
      "❤\uFE0F".repeat(60),
      "👨‍👩‍👧".repeat(40),
      "\u202Ex\u0007",
    ];
    const names = hostile.map((name) => toldJob(name));
    const events = hostile.map((name) => runEvent("job.failed", name, { reason: name.repeat(5), stepType: name }));
    const frame = runFrame(tracked(names, events, { name: hostile.join(""), runId: "\u001B]0;x\u0007" }), {
      ...SCOPE,
      columns,
      rows,
    });
    expect(frame.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
    expect(widest(frame)).toBeLessThanOrEqual(columns);
    expect(frame.join("")).not.toMatch(/\p{Cc}|\u202E/u);
  });

  it("has colours only where they are wanted, beside a word that says the same", () => {
    const tracker = tracked([toldJob("a")], [runEvent("job.failed", "a")]);
    expect(runFrame(tracker, SCOPE).join("")).not.toContain(ESCAPE);
    const [, , line = ""] = runFrame(tracker, { ...SCOPE, paint: coloured });
    expect(line).toContain(ESCAPE);
    expect(line).toContain("failed");
  });
});
