import { describe, expect, test } from "vitest";
import { HealthCheckResponse_ServingStatus as ServingStatus } from "../../src/api/gen/grpc/health/v1/health_pb.ts";
import { collect, request, startHouse } from "./support/house.ts";
import { page, startProbe, until, verified } from "./support/probe.ts";

describe("trap 8: a drain ends, whoever is connected", () => {
  test("trap 8: an open health watch is told NOT_SERVING, ends normally and does not hold up the drain", async () => {
    await using house = await startHouse();
    const watch = house.client.health.watch({ service: "" });
    await expect(watch.next()).resolves.toMatchObject({ value: { status: ServingStatus.SERVING } });
    const drained = house.server.drain({ graceMs: 60_000 });
    await expect(watch.next()).resolves.toMatchObject({ value: { status: ServingStatus.NOT_SERVING } });
    await expect(watch.next()).resolves.toMatchObject({ done: true });
    await drained;
  });

  test("trap 8: a stream that never ends is cut when the grace is over and its generator is released", async () => {
    let released = false;
    await using probe = await startProbe({
      async *readLog(_request, { signal }) {
        try {
          yield page(1);
          await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        } finally {
          released = true;
        }
      },
    });
    const stream = probe.client.evidence.readLog({ runId: "x" });
    await stream.next();
    await probe.transport.drain({ graceMs: 50 });
    await expect(stream.next()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await until(() => released, "the generator is ended");
  });

  test("trap 8: a call that runs when the drain begins is answered within the grace", async () => {
    const go = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    await using probe = await startProbe({
      async verifyRun() {
        entered.resolve();
        await go.promise;
        return verified(5);
      },
    });
    const call = probe.client.evidence.verifyRun({ runId: "x" });
    await entered.promise;
    const drained = probe.transport.drain({ graceMs: 60_000 });
    go.resolve();
    await expect(call).resolves.toMatchObject({ records: 5n });
    await drained;
  });
});

test("health is told for the server, for each service, and not for a service that is not there", async () => {
  await using house = await startHouse();
  const { statuses } = await house.client.health.list({});
  expect(Object.keys(statuses).toSorted()).toEqual([
    "",
    "verbatim.evidence.v1.EvidenceService",
    "verbatim.executor.v1.JobExecutorService",
    "verbatim.governance.v1.AuditService",
    "verbatim.governance.v1.ContractService",
    "verbatim.governance.v1.ReviewService",
    "verbatim.governance.v1.RolloutService",
    "verbatim.health.v1.PlatformHealthService",
    "verbatim.hooks.v1.HookService",
    "verbatim.orchestration.v1.RunService",
    "verbatim.platform.v1.PlatformService",
    "verbatim.queue.v1.QueueService",
    "verbatim.server.v1.ServerService",
  ]);
  for (const { status } of Object.values(statuses)) expect(status).toBe(ServingStatus.SERVING);
  const check = house.client.health.check({ service: "nobody.v1.Nothing" });
  await expect(check).rejects.toMatchObject({ message: "There is no service nobody.v1.Nothing here." });
});

test("health turns to NOT_SERVING as soon as it is told and back again", async () => {
  await using house = await startHouse();
  house.server.setServing(false);
  await expect(house.client.health.check({})).resolves.toMatchObject({ status: ServingStatus.NOT_SERVING });
  house.server.setServing(true);
  await expect(house.client.health.check({})).resolves.toMatchObject({ status: ServingStatus.SERVING });
});

test("health is NOT_SERVING once the evidence store takes nothing more", async () => {
  await using house = await startHouse();
  await house.store.close(); // a closed store is a halted one
  await expect(house.client.health.check({})).resolves.toMatchObject({ status: ServingStatus.NOT_SERVING });
});

test("a health watch of an unknown service says so and stays open", async () => {
  await using house = await startHouse();
  const watch = house.client.health.watch({ service: "nobody.v1.Nothing" });
  await expect(watch.next()).resolves.toMatchObject({ value: { status: ServingStatus.SERVICE_UNKNOWN } });
  const ended = watch.next();
  await house.server.drain({ graceMs: 60_000 });
  await expect(ended).resolves.toMatchObject({ done: true });
});

test("a drained server takes no new connection and a second drain is the first", async () => {
  await using house = await startHouse();
  await collect(house.client.executor.executeJobStream({ job: request("job-1", ["test.echo"]) }));
  await Promise.all([house.server.drain({ graceMs: 1000 }), house.server.drain({ graceMs: 1000 })]);
  await expect(house.client.executor.getJob({ jobId: "job-1" })).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
});
