import { expect, test } from "vitest";
import { createMemoryStore } from "#evidence";
import type { RecordDraft } from "#evidence";
import { judge } from "./told-and-done.ts";
import type { Traces } from "./told-and-done.ts";

const COMMON = { timestamp_utc: "2026-01-04T00:00:00.000Z", actor: "tester", attempt: 0 };

/** Traces of a job of three steps that was interrupted in its second, after that one's effect; all of it was told. */
async function interrupted(): Promise<Traces> {
  const steps = (event_type: RecordDraft["event_type"], step_index: number): RecordDraft => ({
    event_type,
    ...COMMON,
    job_id: "job-1",
    step_index,
  });
  const drafts: readonly RecordDraft[] = [
    { event_type: "run.created", ...COMMON, schema: "evidence/v1", steps_declared: 3 },
    { event_type: "job.started", ...COMMON, job_key: "job", job_id: "job-1" },
    steps("step.started", 0),
    { ...steps("step.succeeded", 0), status: "COMPLETED" },
    steps("step.started", 1),
    { event_type: "log.recovered", ...COMMON },
    steps("step.in_doubt", 1),
    { event_type: "job.failed", ...COMMON, job_key: "job", job_id: "job-1", status: "FAILED" },
    { event_type: "run.completed", ...COMMON, status: "failed" },
  ];
  let ids = 0;
  const store = createMemoryStore({ newEventId: () => `event-${(ids += 1)}` });
  const records = await store.append("job-1", 0, drafts);
  await store.close();
  const lines = records.map(({ line }) => line);
  return {
    jobId: "job-1",
    told: new Map(records.map(({ record }) => [record.seq, record.hash])),
    effects: new Map([0, 1].map((step) => [step, 1])),
    lines,
    mirror: `${lines.join("\n")}\n`,
  };
}

async function problemsOf(change: (traces: Traces) => Partial<Traces>): Promise<string> {
  const traces = await interrupted();
  const { problems } = await judge({ ...traces, ...change(traces) });
  return problems.join("\n");
}

test("the traces of an honestly interrupted job break no promise", async () => {
  expect(await judge(await interrupted())).toEqual({ problems: [], inDoubt: 1, recorded: 1 });
});

test("P1 a told event that the log has otherwise or not at all is seen", async () => {
  const otherwise = await problemsOf(({ told }) => ({ told: new Map([...told, [2, "another"]]) }));
  expect(otherwise).toContain("event 2 was told with the hash another");
  const lost = await problemsOf(({ told }) => ({ told: new Map([...told, [9, "lost"]]) }));
  expect(lost).toContain("event 9 was told with the hash lost; the log has no line");
});

test("P2 an effect that happened twice, unrecorded or not at all is seen", async () => {
  const twice = await problemsOf(() => ({ effects: new Map([0, 1].map((step) => [step, step + 1])) }));
  expect(twice).toContain("step 1 took effect 2 times");
  const unrecorded = await problemsOf(({ effects }) => ({ effects: new Map([...effects, [2, 1]]) }));
  expect(unrecorded).toContain("step 2 took effect and is not recorded as started");
  const missing = await problemsOf(() => ({ effects: new Map([[1, 1]]) }));
  expect(missing).toContain("step 0 has a recorded result and took no effect");
});

test("P3 a changed line, a cut log and a differing copy are seen", async () => {
  const changed = await problemsOf(({ lines }) => ({
    lines: lines.map((line) => line.replace('"step_index":0', '"step_index":2')),
  }));
  expect(changed).toContain("the hash does not fit");
  const cut = await problemsOf(({ lines }) => ({ lines: lines.slice(0, -1) }));
  expect(cut).toContain("does not end with run.completed");
  const differing = await problemsOf(({ mirror }) => ({ mirror: mirror.slice(0, -1) }));
  expect(differing).toContain("events.jsonl differs from the store");
});

test("a started step that is neither ended nor in doubt is seen", async () => {
  const silent = await problemsOf(({ lines }) => ({ lines: lines.filter((line) => !line.includes("in_doubt")) }));
  expect(silent).toContain("in doubt are [], expected [1]");
});
