import { expect, test } from "vitest";
import type { EvidenceStore } from "#evidence";
import { verifyLines } from "#evidence";
import type { Job } from "#model";
import { drained, linesOf, wholeLog } from "../evidence/support/logs.ts";
import { createBench, job, step, typesOf } from "./support/bench.ts";
import { boundMethods } from "./support/bound-methods.ts";

test("a job is performed step by step, recorded, and answered with its result", async () => {
  await using bench = createBench();
  const submitted = await bench.runner.submit(job("job-1", ["test.effect", "test.echo"]));
  expect(submitted).toMatchObject({ jobId: "job-1", runId: "job-1", attached: false });
  expect(await submitted.result).toMatchObject({ finalStatus: "COMPLETED", stepsExecuted: 2, stepsDeclared: 2 });
  expect(bench.effects()).toEqual(["job-1/0"]);
  expect(typesOf(await wholeLog(bench.store, "job-1"))).toEqual([
    "run.created",
    "job.started",
    "step.started",
    "step.succeeded",
    "step.started",
    "step.succeeded",
    "job.succeeded",
    "run.completed",
  ]);
  expect(await verifyLines(await linesOf(bench.store, "job-1"))).toMatchObject({ ok: true, complete: true });
});

test("the acceptance and the start of a step are durable before the step takes effect", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.gate", "test.effect"]));
  await bench.entered("job-1/0");
  expect(typesOf(await wholeLog(bench.store, "job-1"))).toEqual(["run.created", "job.started", "step.started"]);
  expect(await bench.runner.get("job-1")).toMatchObject({ status: "RUNNING", logSize: 3 });
  expect((await bench.runner.get("job-1")).result).toBeUndefined();
  bench.open("job-1/0");
  await result;
  expect(bench.effects()).toEqual(["job-1/0", "job-1/1"]);
});

test("the first failed step is the last one and the others are named as not run", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.effect", "test.fail", "test.effect"]));
  expect(await result).toMatchObject({
    finalStatus: "FAILED",
    finalReason: "Step 1 failed: meant to",
    stepsNotRun: [{ stepIndex: 2, stepType: "test.effect", target: "target-2" }],
  });
  expect(bench.effects()).toEqual(["job-1/0"]);
  const log = await wholeLog(bench.store, "job-1");
  expect(log.at(-1)?.record).toMatchObject({ event_type: "run.completed", status: "failed" });
  expect(log.at(-2)?.record).toMatchObject({ event_type: "job.failed", error_class: "permanent", status: "FAILED" });
});

test("a job without steps is completed with nothing done", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", []));
  expect(await result).toMatchObject({ finalStatus: "COMPLETED", stepsDeclared: 0, stepsExecuted: 0 });
  expect(await bench.runner.get("job-1")).toMatchObject({ status: "COMPLETED", logSize: 4 });
});

test("the same request while the job runs attaches to it and performs nothing", async () => {
  await using bench = createBench();
  const first = await bench.runner.submit(job("job-1", ["test.gate"]));
  await bench.entered("job-1/0");
  const second = await bench.runner.submit(job("job-1", ["test.gate"]));
  expect([first.attached, second.attached]).toEqual([false, true]);
  bench.open("job-1/0");
  expect(await second.result).toBe(await first.result);
  expect(bench.effects()).toEqual(["job-1/0"]);
});

test("the same request after the job has ended answers with the recorded result", async () => {
  await using bench = createBench();
  const first = await (await bench.runner.submit(job("job-1", ["test.effect", "test.fail"]))).result;
  const again = await bench.runner.submit(job("job-1", ["test.effect", "test.fail"]));
  expect(again.attached).toBe(true);
  expect(await again.result).toStrictEqual(structuredClone(first));
  expect(bench.effects()).toEqual(["job-1/0"]);
});

test("the order of the members of parameters does not make another request", async () => {
  await using bench = createBench();
  await (
    await bench.runner.submit(withParameters({ a: 1, b: 2 }))
  ).result;
  expect((await bench.runner.submit(withParameters({ b: 2, a: 1 }))).attached).toBe(true);
  expect(bench.effects()).toHaveLength(1);
});

test.each([
  ["its steps", { steps: [step("test.gate", 0), step("test.echo", 1)] }],
  ["a step's type", { steps: [step("test.echo", 0)] }],
  ["a step's target", { steps: [step("test.gate", 0, { target: "elsewhere" })] }],
  ["a step's parameters", { steps: [step("test.gate", 0, { parameters: { number: 1 } })] }],
  ["a step's timeout", { steps: [step("test.gate", 0, { timeoutSeconds: 299 })] }],
  ["its contract", { contractId: "contract-2" }],
  ["who asks", { executedBy: "somebody else" }],
  ["its deadline", { timeoutSeconds: 10 }],
])(
  "another request under the same id, different in %s, is refused while it runs and afterwards",
  async (_case, members) => {
    await using bench = createBench();
    const first = await bench.runner.submit(job("job-1", ["test.gate"]));
    await bench.entered("job-1/0");
    const other = job("job-1", ["test.gate"], members);
    const refusal = { name: "Fault", code: "JOB_ID_TAKEN", message: expect.stringContaining("choose a new job id") };
    await expect(bench.runner.submit(other)).rejects.toMatchObject(refusal);
    bench.open("job-1/0");
    await first.result;
    await expect(bench.runner.submit(other)).rejects.toMatchObject(refusal);
    await expect(bench.another().submit(other)).rejects.toMatchObject(refusal);
    expect(bench.effects()).toEqual(["job-1/0"]);
  },
);

test("many submits of one job at once perform it once and all learn its result", async () => {
  await using bench = createBench();
  const asked = Array.from({ length: 40 }, () => bench.runner.submit(job("job-1", ["test.effect", "test.effect"])));
  const submitted = await Promise.all(asked);
  expect(submitted.filter(({ attached }) => !attached)).toHaveLength(1);
  const results = await Promise.all(submitted.map(async ({ result }) => await result));
  for (const result of results) expect(result).toEqual(results[0]);
  expect(bench.effects()).toEqual(["job-1/0", "job-1/1"]);
});

test("submits that come in any turn of the event loop perform the job once", async () => {
  await using bench = createBench();
  const asked: Promise<unknown>[] = [];
  for (let turn = 0; turn < 60; turn += 1) {
    asked.push(
      bench.runner
        .submit(job("job-1", ["test.effect", "test.echo", "test.echo"]))
        .then(async ({ result }) => await result),
    );
    if (turn % 3 === 0) await Promise.resolve();
    if (turn % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const results = await Promise.all(asked);
  for (const result of results) expect(result).toEqual(results[0]);
  expect(bench.effects()).toEqual(["job-1/0"]);
});

test("of two different requests under one id at once one is performed and the other is refused", async () => {
  await using bench = createBench();
  const settled = await Promise.allSettled([
    bench.runner.submit(job("job-1", ["test.effect"])),
    bench.runner.submit(job("job-1", ["test.effect", "test.effect"])),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(settled[1]).toMatchObject({ reason: { code: "JOB_ID_TAKEN" } });
  await (
    await bench.runner.submit(job("job-1", ["test.effect"]))
  ).result;
  expect(bench.effects()).toEqual(["job-1/0"]);
});

test("two runners that race for one job id admit one, and the loser leaves the winner's run alone", async () => {
  await using bench = createBench();
  const other = bench.another();
  const settled = await Promise.allSettled([
    bench.runner.submit(job("job-1", ["test.gate", "test.effect"])),
    other.submit(job("job-1", ["test.gate", "test.effect"])),
  ]);
  expect(settled.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(settled.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "SEQUENCE_CONFLICT" } });
  bench.open("job-1/0");
  for (const one of settled) {
    if (one.status === "fulfilled") expect(await one.value.result).toMatchObject({ finalStatus: "COMPLETED" });
  }
  expect(bench.effects()).toEqual(["job-1/0", "job-1/1"]);
  expect(typesOf(await wholeLog(bench.store, "job-1"))).not.toContain("log.recovered");
  expect((await other.submit(job("job-1", ["test.gate", "test.effect"]))).attached).toBe(true);
});

test("a job that another runner drives cannot be attached to here, and is left alone", async () => {
  await using bench = createBench();
  const first = await bench.runner.submit(job("job-1", ["test.gate"]));
  await bench.entered("job-1/0");
  await expect(bench.another().submit(job("job-1", ["test.gate"]))).rejects.toMatchObject({ code: "STORE_HALTED" });
  bench.open("job-1/0");
  expect(await first.result).toMatchObject({ finalStatus: "COMPLETED" });
});

test("an attached caller learns that the acceptance failed and nothing was performed", async () => {
  await using bench = createBench();
  const refusing: EvidenceStore = { ...boundMethods(bench.store), append: refuse, halted: undefined };
  const runner = bench.another({ store: refusing });
  const asked = [1, 2, 3].map(() => runner.submit(job("job-1", ["test.effect"])));
  for (const answer of await Promise.allSettled(asked))
    expect(answer).toMatchObject({ reason: { message: "no paper" } });
  expect(bench.effects()).toEqual([]);
});

test("jobs run side by side, each with a log of its own", async () => {
  await using bench = createBench();
  const ids = Array.from({ length: 50 }, (_nothing, number) => `job-${number}`);
  const submitted = await Promise.all(ids.map((id) => bench.runner.submit(job(id, ["test.effect", "test.echo"]))));
  for (const { result } of submitted) expect(await result).toMatchObject({ finalStatus: "COMPLETED" });
  for (const id of ids)
    expect(await verifyLines(await linesOf(bench.store, id))).toMatchObject({ ok: true, records: 8 });
  expect(bench.effects().toSorted()).toEqual(ids.map((id) => `${id}/0`).toSorted());
});

test("a reader of the log sees each record while the job goes on and ends with it", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.gate", "test.echo"]));
  const reading = drained(bench.store.tail("job-1", -1));
  await bench.entered("job-1/0");
  bench.open("job-1/0");
  await result;
  expect(await reading).toEqual(await wholeLog(bench.store, "job-1"));
});

test("what can be performed is listed by name, whatever the order in which it was given", async () => {
  await using bench = createBench();
  const names = bench.runner.stepTypes.map(({ name }) => name);
  expect(names).toEqual(["test.checked", "test.echo", "test.effect", "test.fail", "test.gate"]);
});

test("an unknown job is not found", async () => {
  await using bench = createBench();
  await expect(bench.runner.get("no-such-job")).rejects.toMatchObject({
    code: "RUN_NOT_FOUND",
    message: "There is no job no-such-job.",
  });
});

function withParameters(parameters: Record<string, number>): Job {
  return job("job-1", [], { steps: [step("test.effect", 0, { parameters })] });
}

function refuse(): Promise<never> {
  return Promise.reject(new Error("no paper"));
}
