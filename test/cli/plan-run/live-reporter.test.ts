import { describe, expect, it } from "vitest";
import { Output } from "../../../src/cli/output.ts";
import { createRunReporter } from "../../../src/cli/plan-run/create-run-reporter.ts";
import type { Session } from "../../../src/cli/session.ts";
import { fakeHost } from "../support/fake-host.ts";
import { KeptStream } from "../support/kept-stream.ts";
import { runEvent, toldJob, tracked } from "../support/tracked-runs.ts";

const BEGINNING = { runId: "run-1", name: "nightly", jobs: 1, where: "the house", attached: false };
/** What the library begins each draw with. */
const DRAW = "\u001B[?2026h";

function sessionOn(stream: KeptStream): {
  readonly session: Session;
  readonly clock: ReturnType<typeof fakeHost>["clock"];
} {
  const { host, clock } = fakeHost({ stderr: stream.stream });
  const output = new Output(stream.stream, { colour: false });
  return { session: { host, stdout: output, stderr: output, json: false }, clock };
}

describe("the live view of a run", () => {
  it("is drawn at most ten times a second, whatever happens, and has the last word when it ends", async () => {
    const stream = new KeptStream({ isTTY: true });
    const { session, clock } = sessionOn(stream);
    const tracker = tracked([toldJob("a")], []);
    const reporter = await createRunReporter("auto", session);
    await reporter.begin(BEGINNING, tracker);
    for (let at = 0; at < 1000; at += 1) {
      const event = runEvent("step.started", "a", { stepIndex: at, stepType: "t" });
      tracker.take(event);
      await reporter.event(event, tracker);
      clock.advance(1);
    }
    const draws = stream.text.split(DRAW).length - 1;
    expect(draws).toBeGreaterThan(2);
    expect(draws).toBeLessThanOrEqual(11);
    tracker.take(runEvent("job.succeeded", "a"));
    await reporter.end();
    expect(stream.text.slice(stream.text.lastIndexOf(DRAW))).toContain("✓ succeeded");
    const length = stream.text.length;
    clock.advance(5000);
    expect(stream.text).toHaveLength(length);
  });

  it("is lines without escape codes where nobody looks, even if a live view was asked for", async () => {
    const stream = new KeptStream();
    const { session } = sessionOn(stream);
    const reporter = await createRunReporter("tty", session);
    const tracker = tracked([toldJob("a")], []);
    await reporter.begin(BEGINNING, tracker);
    await reporter.event(runEvent("job.started", "a"), tracker);
    await reporter.end();
    expect(stream.text).toBe("Run run-1: plan nightly, 1 job, the house\n▸ started      a\n");
  });
});
