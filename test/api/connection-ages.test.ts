import { Socket } from "node:net";
import { expect, test } from "vitest";
import { Fault } from "#model";
import { isUnknown } from "../../src/api/grpc/access/access.ts";
import { ConnectionAges } from "../../src/api/grpc/connection-ages.ts";
import { ManualClock } from "../support/clock.ts";

const MINUTE_MS = 60_000;

test("a connection is old half an hour after its first request, and each one for itself", () => {
  const clock = new ManualClock();
  const ages = new ConnectionAges(clock);
  const [first, second] = [new Socket(), new Socket()];
  expect(ages.isOld(first)).toBe(false);
  clock.advance(30 * MINUTE_MS);
  expect(ages.isOld(first)).toBe(false);
  expect(ages.isOld(second)).toBe(false);
  clock.advance(1);
  expect([ages.isOld(first), ages.isOld(second)]).toEqual([true, false]);
});

test("a server that is busy says nothing of who calls, and whoever brings no good credential is unknown", () => {
  expect(isUnknown(new Fault("LIMIT_EXCEEDED", "too many tokens are being looked at"))).toBe(false);
  expect(isUnknown(new Fault("UNAUTHENTICATED", "no token"))).toBe(true);
  expect(isUnknown(new Error("whatever"))).toBe(true);
});
