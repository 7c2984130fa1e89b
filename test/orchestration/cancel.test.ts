import { expect, test } from "vitest";
import { wholeLog } from "../evidence/support/logs.ts";
import { createBench, job } from "./support/bench.ts";

const BY = { cancelledBy: "alice", reason: "no longer wanted" };

test("a cancelled job ends CANCELLED with who and why, and its later steps are not run", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.gate", "test.effect"]));
  await bench.entered("job-1/0");
  const answered = await bench.runner.cancel("job-1", BY);
  expect(answered).toMatchObject({
    finalStatus: "CANCELLED",
    finalReason: "Step 0 failed: cancelled by alice: no longer wanted",
    stepResults: [{ status: "FAILED", errorClass: "cancelled", late: "returned" }],
    stepsNotRun: [{ stepIndex: 1 }],
  });
  expect(await result).toBe(answered);
  expect(bench.effects()).toEqual(["job-1/0"]);
  const log = await wholeLog(bench.store, "job-1");
  expect(log.at(-2)?.record).toMatchObject({ event_type: "job.failed", status: "CANCELLED", error_class: "cancelled" });
  expect(log.at(-1)?.record).toMatchObject({ event_type: "run.completed", status: "cancelled" });
  expect((await bench.runner.get("job-1")).result).toStrictEqual(structuredClone(answered));
});

test("a second cancellation of a running job learns the same result, and the first one's words stand", async () => {
  await using bench = createBench();
  await bench.runner.submit(job("job-1", ["test.gate"]));
  await bench.entered("job-1/0");
  const [first, second] = await Promise.all([
    bench.runner.cancel("job-1", BY),
    bench.runner.cancel("job-1", { cancelledBy: "bob", reason: "me too" }),
  ]);
  expect(second).toBe(first);
  expect(first.finalReason).toContain("alice");
});

test("a job that is cancelled as soon as it is accepted is CANCELLED, and what took effect is in its log", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.effect", "test.effect"]));
  expect(await bench.runner.cancel("job-1", BY)).toBe(await result);
  expect(await result).toMatchObject({ finalStatus: "CANCELLED", stepsSucceeded: 0 });
  const log = await wholeLog(bench.store, "job-1");
  const started = log.filter(({ record }) => record.event_type === "step.started");
  const keys = started.map(({ record }) => record.idempotency_key);
  expect(keys.slice(0, bench.effects().length)).toEqual(bench.effects());
  expect(bench.effects().length).toBeLessThanOrEqual(1);
});

test("a handler that does not heed its signal is left behind after its grace", async () => {
  await using bench = createBench();
  const deaf = { execute: () => new Promise<never>(() => undefined) };
  const stepTypes = [{ name: "test.deaf", handler: deaf, checkParameters: () => [], parametersSchema: {} }];
  const runner = bench.another({ stepTypes });
  await runner.submit(job("job-1", ["test.deaf"]));
  await new Promise((resolve) => setImmediate(resolve));
  const cancelling = runner.cancel("job-1", BY);
  await new Promise((resolve) => setImmediate(resolve));
  bench.clock.advance(5000);
  expect(await cancelling).toMatchObject({ finalStatus: "CANCELLED", stepResults: [{ late: "running" }] });
});

test("an ended job cannot be cancelled, and is told as it ended", async () => {
  await using bench = createBench();
  await (
    await bench.runner.submit(job("job-1", ["test.fail"]))
  ).result;
  await expect(bench.runner.cancel("job-1", BY)).rejects.toMatchObject({
    code: "RUN_ENDED",
    message: "Job job-1 is not running here: it is FAILED.",
  });
});

test("an unknown job cannot be cancelled", async () => {
  await using bench = createBench();
  await expect(bench.runner.cancel("no-such-job", BY)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
});
