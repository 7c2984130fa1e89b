import { describe, expect, it } from "vitest";
import { Output } from "../../src/cli/output.ts";
import { createProgress } from "../../src/cli/progress.ts";
import type { ProgressMode } from "../../src/cli/progress-modes.ts";
import { failedRun } from "./support/results.ts";
import { KeptStream } from "./support/kept-stream.ts";

const BEGINNING = { jobId: "j1", where: "embedded", attached: false, steps: 2 };
const STEP = { stepIndex: 0, stepType: "a.b", target: "t\u001B[2J" };

/** What a job of one failed step shows in this mode. */
async function shownAs(mode: ProgressMode, { isTTY = false, columns = 60 } = {}): Promise<string> {
  const kept = new KeptStream({ isTTY, columns });
  const progress = createProgress(mode, new Output(kept.stream, { colour: false }));
  await progress.begin(BEGINNING);
  await progress.step({ kind: "started", seq: 2, hash: "h2", step: { ...STEP, word: "running" } });
  await progress.note("a word");
  await progress.step({ kind: "started", seq: 2, hash: "h2", step: { ...STEP, word: "running" } });
  const failed = { ...STEP, word: "failed", durationSeconds: 1.5, error: "bad" } as const;
  await progress.step({ kind: "ended", seq: 3, hash: "h3", step: failed });
  await progress.step({ kind: "end", seq: 5, hash: "h5", result: failedRun() });
  await progress.end();
  return kept.text;
}

const PLAIN = String.raw`Run j1: 2 steps, embedded
a word
✗ failed     0  a.b             t\u{1b}[2J                           1.50s  bad
`;

describe("the progress of a job", () => {
  it("is one line for each step that has ended, where nobody looks", async () => {
    expect(await shownAs("plain")).toBe(PLAIN);
    expect(await shownAs("auto")).toBe(PLAIN);
    expect(await shownAs("tty")).toBe(PLAIN);
  });

  it("is the running step on a terminal, and its end in the same place", async () => {
    const shown = await shownAs("auto", { isTTY: true });
    expect(shown).toBe(
      [
        "Run j1: 2 steps, embedded\n",
        String.raw`▸ running    0  a.b             t\u{1b}[2J` + "\n",
        "a word\n",
        String.raw`▸ running    0  a.b             t\u{1b}[2J`,
        "\r\u001B[2K",
        String.raw`✗ failed     0  a.b             t\u{1b}…     1.50s  bad` + "\n",
      ].join(""),
    );
  });

  it("has no escape codes in plain, also on a terminal", async () => {
    expect(await shownAs("plain", { isTTY: true })).not.toContain("\u001B");
  });

  it("is nothing at all where none is wanted", async () => {
    expect(await shownAs("none", { isTTY: true })).toBe("");
  });

  it("is one object a line for programs, with the place of each record in the log", async () => {
    const lines = (await shownAs("jsonl")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: "begin", job_id: "j1", where: "embedded", attached: false, steps: 2 },
      {
        event: "step.started",
        seq: 2,
        hash: "h2",
        status: "running",
        step_index: 0,
        step_type: "a.b",
        target: STEP.target,
      },
      { event: "note", text: "a word" },
      {
        event: "step.started",
        seq: 2,
        hash: "h2",
        status: "running",
        step_index: 0,
        step_type: "a.b",
        target: STEP.target,
      },
      {
        event: "step.ended",
        seq: 3,
        hash: "h3",
        status: "failed",
        step_index: 0,
        step_type: "a.b",
        target: STEP.target,
        duration_seconds: 1.5,
        error: "bad",
      },
      { event: "end", seq: 5, hash: "h5", final_status: "FAILED", final_reason: failedRun().finalReason },
    ]);
  });

  it("says of a job that was accepted before that nothing is performed again", async () => {
    const kept = new KeptStream();
    const progress = createProgress("plain", new Output(kept.stream, { colour: false }));
    await progress.begin({ ...BEGINNING, attached: true });
    expect(kept.text).toContain("This job was accepted before: attached to it, nothing is performed again.\n");
  });
});
