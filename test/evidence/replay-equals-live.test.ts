import fc from "fast-check";
import { expect, test } from "vitest";
import { replayJob, verifyLines } from "#evidence";
import type { EventType, EvidenceRecord } from "#evidence";
import { createJobRunner } from "#orchestration";
import { AT, draft } from "./support/drafts.ts";
import { linesOf } from "./support/logs.ts";
import { jobOf, played, script, stepsOf } from "./support/plays.ts";

test("the result that a job returned is what its log replays to, member for member", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(script, async (said) => {
      const { result, records, store, runner, clock } = await played("job-1", said);
      expect(replayJob(records, stepsOf(said))).toStrictEqual({
        jobId: "job-1",
        status: result.finalStatus,
        result: JSON.parse(JSON.stringify(result)),
        stepResults: result.stepResults,
        running: undefined,
      });
      expect(replayJob(records, stepsOf(said)).result).toStrictEqual(structuredClone(result));
      expect(await runner.get("job-1")).toMatchObject({ status: result.finalStatus, logSize: records.length });
      expect((await runner.get("job-1")).result).toStrictEqual(structuredClone(result));
      expect(await verifyLines(await linesOf(store, "job-1"))).toMatchObject({ ok: true, complete: true });
      expect(clock.armed).toBe(0);
      seen.add(`${result.finalStatus}: ${result.stepResults.at(-1)?.errorClass ?? "none"}`);
    }),
    { numRuns: 400 },
  );
  expect(seen.size).toBeGreaterThanOrEqual(7); // the scripts did reach every kind of end
});

test("what was attached to later is the result that was returned at first", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (said) => {
      const { result, store, clock } = await played("job-1", said);
      const stepTypes = [
        { name: "test.play", handler: { execute: () => never() }, checkParameters: () => [], parametersSchema: {} },
      ];
      const later = createJobRunner({ store, clock, stepTypes, maxActiveJobs: 1 });
      const again = await later.submit(jobOf("job-1", said));
      expect(again.attached).toBe(true);
      expect(await again.result).toStrictEqual(structuredClone(result));
    }),
  );
});

test("while a job runs its log replays to a running job with the results so far", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (said) => {
      const { result, records } = await played("job-1", said);
      const end = records.findIndex(({ event_type }) => event_type === "job.succeeded" || event_type === "job.failed");
      for (let cut = 1; cut <= end; cut += 1) {
        const view = replayJob(records.slice(0, cut), stepsOf(said));
        const started = records.slice(0, cut).filter(({ event_type }) => event_type === "step.started").length;
        const ended = view.stepResults.length;
        expect(view.status).toBe("RUNNING");
        expect(view.result).toBeUndefined();
        expect(view.stepResults).toEqual(result.stepResults.slice(0, ended));
        expect(view.running).toEqual(started > ended ? stepsOf(said)[ended] : undefined);
      }
    }),
  );
});

test("a log whose records say no more than they must replays with what can be said", () => {
  const [first, second] = ["run.created", "step.failed"].map((event_type, seq) => ({
    ...draft(event_type as EventType), // one of the two above
    event_id: `event-${seq}`,
    run_id: "run-1",
    seq,
    hash: "",
  }));
  const end = { ...(second as EvidenceRecord), event_type: "job.failed" as const, status: "FAILED" }; // made above
  const records = [first, second, end] as readonly EvidenceRecord[]; // the same
  expect(replayJob(records.slice(0, 1), [])).toStrictEqual({
    jobId: "run-1",
    status: "RUNNING",
    stepResults: [],
    running: undefined,
  });
  expect(replayJob(records, []).result).toStrictEqual({
    jobId: "run-1",
    contractId: "",
    executedBy: "tester",
    finalStatus: "FAILED",
    finalReason: "",
    stepsDeclared: 0,
    stepsExecuted: 1,
    stepsSucceeded: 0,
    stepsFailed: 1,
    stepResults: [
      { stepIndex: 0, stepType: "", target: "", status: "FAILED", startedAt: AT, completedAt: AT, durationSeconds: 0 },
    ],
    stepsNotRun: [],
    stepsInDoubt: [],
    startedAt: AT,
    completedAt: AT,
    durationSeconds: 0,
    executorVersion: "",
  });
});

test("a log that does not begin with run.created is no log to replay", () => {
  expect(() => replayJob([], [])).toThrow("a log begins with run.created");
});

function never(): never {
  throw new Error("a job that has ended is not performed again");
}
