import { expect, test } from "vitest";
import { resultOf } from "#api";
import { collect, request, startHouse } from "./support/house.ts";

test("a job executed over the wire answers with its whole result", async () => {
  await using house = await startHouse();
  const { result, attached } = await house.client.executor.executeJob(request("job-1", ["test.echo", "test.echo"]));
  expect(attached).toBe(false);
  expect(result && resultOf(result)).toMatchObject({
    jobId: "job-1",
    finalStatus: "COMPLETED",
    stepsExecuted: 2,
    stepResults: [{ output: { n: 0 } }, { output: { n: 1 } }],
  });
});

test("a streamed job tells each step as started and as performed and its result last", async () => {
  await using house = await startHouse();
  const batches = await collect(
    house.client.executor.executeJobStream({ job: request("job-1", ["test.echo", "test.fail", "test.echo"]) }),
  );
  const events = batches.flatMap((batch) => batch.events);
  expect(events.map(({ event }) => event.case)).toEqual([
    "started",
    "stepResult",
    "started",
    "stepResult",
    "executionResult",
  ]);
});
