import fc from "fast-check";
import { expect, test } from "vitest";
import { interruptedResult } from "#evidence";
import type { EvidenceRecord } from "#evidence";
import type { ExecutionResult, StepReference } from "#model";
import { played, script, stepsOf } from "./support/plays.ts";

const AT = "2030-01-01T00:00:00.000Z";

/** What may be said of a job whose log was cut, worked out anew from the whole story. */
function expected(
  live: ExecutionResult,
  records: readonly EvidenceRecord[],
  steps: readonly StepReference[],
): Partial<ExecutionResult> {
  const ended = records.filter(
    ({ event_type }) => event_type === "step.succeeded" || event_type === "step.failed",
  ).length;
  const started = records.filter(({ event_type }) => event_type === "step.started").length;
  const stepResults = live.stepResults.slice(0, ended);
  const last = stepResults.at(-1);
  const inDoubt = started > ended ? steps.slice(ended, ended + 1) : [];
  const completed = ended === steps.length && last?.status !== "FAILED";
  return {
    jobId: live.jobId,
    contractId: live.contractId,
    executedBy: live.executedBy,
    executorVersion: live.executorVersion,
    stepResults,
    stepsInDoubt: inDoubt,
    stepsNotRun: steps.slice(ended + inDoubt.length),
    stepsDeclared: steps.length,
    stepsExecuted: ended,
    stepsSucceeded: stepResults.filter(({ status }) => status === "COMPLETED").length,
    stepsFailed: stepResults.filter(({ status }) => status === "FAILED").length,
    finalStatus: completed ? "COMPLETED" : last?.errorClass === "cancelled" ? "CANCELLED" : "FAILED",
    finalReason: completed
      ? "All steps completed successfully"
      : last?.status === "FAILED"
        ? `Step ${ended - 1} failed: ${last.error}`
        : inDoubt.length > 0
          ? `Step ${ended} in doubt: the process ended while it ran`
          : `Stopped before step ${ended}: the process ended`,
    completedAt: AT,
  };
}

function lastKnownHealth(records: readonly EvidenceRecord[]): unknown {
  const looks = records.filter(({ event_type, step_index, health }) =>
    event_type === "step.started" ? step_index === 0 && health !== undefined : event_type.startsWith("step.") && health,
  );
  return looks.at(-1)?.health;
}

test("a log cut behind any record before the job's end says what it proves and no more", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (said) => {
      const { result: live, records } = await played("job-1", said);
      const steps = stepsOf(said);
      const end = records.findIndex(({ event_type }) => event_type === "job.succeeded" || event_type === "job.failed");
      for (let cut = 1; cut <= end; cut += 1) {
        const known = records.slice(0, cut);
        const told = interruptedResult(known, { steps, at: AT });
        expect(told).toMatchObject(expected(live, known, steps));
        expect(told.healthAfter).toEqual(lastKnownHealth(known));
        expect(told.stepsExecuted + told.stepsInDoubt.length + told.stepsNotRun.length).toBe(told.stepsDeclared);
      }
    }),
    { numRuns: 200 },
  );
});

test("a log cut between the job's end and the run's says what the job's end says", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (said) => {
      const { result: live, records } = await played("job-1", said);
      const told = interruptedResult(records.slice(0, -1), { steps: stepsOf(said), at: AT });
      expect(told).toStrictEqual(structuredClone(live));
    }),
    { numRuns: 200 },
  );
});

test("a job of no steps that was only created has done all that it declared", async () => {
  const { records } = await played("job-1", { plays: [], looks: undefined, jobTimeoutSeconds: undefined });
  expect(interruptedResult(records.slice(0, 1), { steps: [], at: AT })).toMatchObject({
    finalStatus: "COMPLETED",
    stepsExecuted: 0,
    stepResults: [],
  });
});

test("a step that was said to be in doubt once is in doubt once, however often its recovery was cut", async () => {
  const { records } = await played("job-1", {
    plays: [{ kind: "returns", output: 1 }],
    looks: undefined,
    jobTimeoutSeconds: undefined,
  });
  const started = records.slice(0, 3);
  const [opening, , step] = started;
  expect(step?.event_type).toBe("step.started");
  const doubt = { ...(step as EvidenceRecord), event_type: "step.in_doubt" as const }; // it was just looked at
  const note = { ...(opening as EvidenceRecord), event_type: "log.recovered" as const }; // the same
  const once = interruptedResult(started, {
    steps: stepsOf({ plays: [{ kind: "throws", message: "" }], looks: undefined, jobTimeoutSeconds: undefined }),
    at: AT,
  });
  for (const cut of [[note], [note, doubt], [note, doubt, note], [note, doubt, note, doubt]]) {
    const again = interruptedResult([...started, ...cut], { steps: once.stepsInDoubt, at: AT });
    expect(again.stepsInDoubt).toHaveLength(1);
    expect(again).toMatchObject({
      finalStatus: "FAILED",
      finalReason: "Step 0 in doubt: the process ended while it ran",
      stepsNotRun: [],
    });
  }
});
