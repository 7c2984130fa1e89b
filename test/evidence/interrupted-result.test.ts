import fc from "fast-check";
import { expect, test } from "vitest";
import { interruptedResult } from "#evidence";
import type { EvidenceRecord, RecordDraft } from "#evidence";
import type { ExecutionResult, StepReference } from "#model";
import { created, stepStarted, stepSucceeded } from "./support/drafts.ts";
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

const HEALTH = { state: "HEALTHY" };
const LATER = { state: "DEGRADED" };
const TWO: readonly StepReference[] = [0, 1].map((stepIndex) => ({
  stepIndex,
  stepType: "test.echo",
  target: `target-${stepIndex}`,
}));

/** Records as a log would hold them; what chains them is no matter here. */
function logged(...drafts: readonly RecordDraft[]): readonly EvidenceRecord[] {
  return drafts.map((draft, seq) => ({ ...draft, event_id: `event-${seq}`, run_id: "job-1", seq, hash: "" }));
}

function failedStep(step_index: number, error_class: "permanent" | "cancelled"): RecordDraft {
  return stepSucceeded(step_index, {
    event_type: "step.failed",
    status: "FAILED",
    error_class,
    reason: "it broke",
    output: undefined,
  });
}

test.each([
  { after: "its creation", drafts: [], status: "FAILED", reason: "Stopped before step 0: the process ended" },
  {
    after: "a step's start",
    drafts: [stepStarted(0)],
    status: "FAILED",
    reason: "Step 0 in doubt: the process ended while it ran",
  },
  {
    after: "a step's end",
    drafts: [stepStarted(0), stepSucceeded(0)],
    status: "FAILED",
    reason: "Stopped before step 1: the process ended",
  },
  {
    after: "the last step's end",
    drafts: [stepStarted(0), stepSucceeded(0), stepStarted(1), stepSucceeded(1)],
    status: "COMPLETED",
    reason: "All steps completed successfully",
  },
  {
    after: "the last step's failure",
    drafts: [stepStarted(0), stepSucceeded(0), stepStarted(1), failedStep(1, "permanent")],
    status: "FAILED",
    reason: "Step 1 failed: it broke",
  },
  {
    after: "a step that was cancelled",
    drafts: [stepStarted(0), failedStep(0, "cancelled")],
    status: "CANCELLED",
    reason: "Step 0 failed: it broke",
  },
])("a job whose log was cut after $after is $status and says why", ({ drafts, status, reason }) => {
  const told = interruptedResult(logged(created("job-1"), ...drafts), { steps: TWO, at: AT });
  expect(told).toMatchObject({ finalStatus: status, finalReason: reason, completedAt: AT, durationSeconds: 0 });
  expect(told).not.toHaveProperty("healthBefore");
  expect(told).not.toHaveProperty("healthAfter");
});

function resultAfter(...drafts: readonly RecordDraft[]): ReturnType<typeof interruptedResult> {
  return interruptedResult(logged(created("job-1"), ...drafts), { steps: TWO, at: AT });
}

test("the health of an interrupted job is what was seen before its first step and what was seen last", () => {
  const first = stepStarted(0, { health: HEALTH });
  expect(resultAfter(first)).toMatchObject({ healthBefore: HEALTH, healthAfter: HEALTH });
  const unseen = stepStarted(1); // only the first step's start tells of health
  expect(resultAfter(first, stepSucceeded(0), unseen)).toMatchObject({ healthBefore: HEALTH, healthAfter: HEALTH });
  const seen = stepSucceeded(0, { health: LATER });
  expect(resultAfter(first, seen)).toMatchObject({ healthBefore: HEALTH, healthAfter: LATER });
  const blind = stepSucceeded(1, { health_error: "the observer threw" });
  expect(resultAfter(first, seen, unseen, blind)).toMatchObject({ healthBefore: HEALTH, healthAfter: LATER });
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
