import { expect, test } from "vitest";
import { createBench, job } from "./support/bench.ts";

test("an idle runner drains at once and arms no timer that stays", async () => {
  await using bench = createBench();
  await bench.runner.drain({ graceMs: 1000 });
  expect(bench.clock.armed).toBe(0);
});

test("a draining runner takes no new job but answers for those it has", async () => {
  await using bench = createBench();
  const running = await bench.runner.submit(job("running", ["test.gate"]));
  await (
    await bench.runner.submit(job("ended", ["test.effect"]))
  ).result;
  await bench.entered("running/0");
  const draining = bench.runner.drain({ graceMs: 60_000 });
  await expect(bench.runner.submit(job("new", ["test.effect"]))).rejects.toMatchObject({ code: "DRAINING" });
  expect((await bench.runner.submit(job("running", ["test.gate"]))).attached).toBe(true);
  expect((await bench.runner.submit(job("ended", ["test.effect"]))).attached).toBe(true);
  expect(await bench.runner.get("running")).toMatchObject({ status: "RUNNING" });
  bench.open("running/0");
  await draining;
  expect(await running.result).toMatchObject({ finalStatus: "COMPLETED" });
  expect(await bench.store.head("new")).toBeUndefined();
});

test("a job that ends within the grace is not disturbed and all of its steps are done", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.gate", "test.gate", "test.effect"]));
  await bench.entered("job-1/0");
  const draining = bench.runner.drain({ graceMs: 1000 });
  bench.clock.advance(900);
  bench.open("job-1/0");
  bench.open("job-1/1");
  await draining;
  expect(await result).toMatchObject({ finalStatus: "COMPLETED", stepsSucceeded: 3 });
  expect(bench.clock.armed).toBe(0);
});

test("what still runs after the grace is cancelled by the server, and recorded so", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.gate", "test.effect"]));
  await bench.entered("job-1/0");
  const draining = bench.runner.drain({ graceMs: 1500 });
  bench.clock.advance(1500);
  await draining;
  expect(await result).toMatchObject({
    finalStatus: "CANCELLED",
    finalReason: "Step 0 failed: cancelled by server: the server stopped and waited 1.5 s for it",
  });
  expect(await bench.store.head("job-1")).toMatchObject({ completed: true });
  expect(bench.effects()).toEqual(["job-1/0"]);
});

test("a job that was asked for but not yet started when the drain began is refused, not lost", async () => {
  await using bench = createBench();
  const submitting = bench.runner.submit(job("job-1", ["test.effect"]));
  const draining = bench.runner.drain({ graceMs: 1000 });
  await expect(submitting).rejects.toMatchObject({ code: "DRAINING" });
  await draining;
  expect(await bench.store.head("job-1")).toBeUndefined();
});

test("a second drain, also with a shorter grace, waits for the same jobs", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.gate"]));
  await bench.entered("job-1/0");
  const drains = [bench.runner.drain({ graceMs: 60_000 }), bench.runner.drain({ graceMs: 0 })];
  bench.clock.advance(1);
  await Promise.all(drains);
  await bench.runner.drain({ graceMs: 0 });
  expect(await result).toMatchObject({ finalStatus: "CANCELLED" });
  expect(bench.clock.armed).toBe(0);
});
