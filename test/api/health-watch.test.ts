import { expect, it } from "vitest";
import { HealthCheckResponse_ServingStatus as ServingStatus } from "../../src/api/gen/grpc/health/v1/health_pb.ts";
import { HealthState, healthService } from "../../src/api/grpc/health-service.ts";
import type { ErasedStream } from "../../src/api/grpc/service.ts";

/** Watches the server's health; a slow caller asks for the next answer when a test does. */
function watch(health: HealthState) {
  const implementation = healthService(health).implementation["watch"] as ErasedStream; // the one stream of the service
  const { signal } = new AbortController();
  return implementation({ service: "" } as never, { signal } as never); // what the watch looks at
}

it("a change that comes while the last answer is on its way is told next", async () => {
  const health = new HealthState([], () => true);
  const answers = watch(health);
  expect((await answers.next()).value).toMatchObject({ status: ServingStatus.SERVING });
  health.setServing(false);
  expect((await answers.next()).value).toMatchObject({ status: ServingStatus.NOT_SERVING });
}, 5000);

it("an end that comes while the last answer is on its way ends the watch with the last status", async () => {
  const health = new HealthState([], () => true);
  const answers = watch(health);
  await answers.next();
  health.setServing(false);
  health.endWatches();
  expect((await answers.next()).value).toMatchObject({ status: ServingStatus.NOT_SERVING });
  expect((await answers.next()).done).toBe(true);
}, 5000);
