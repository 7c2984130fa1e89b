import fc from "fast-check";
import { expect, test } from "vitest";
import type { ErrorClass, RetryPolicy } from "#model";
import { decideRetry, retryDelayMs } from "../../../src/orchestration/run/decide-retry.ts";

const CLASSES: readonly ErrorClass[] = [
  "transient_io",
  "contract_input_missing",
  "hard_gate_failed",
  "validation_failed",
  "timeout",
  "sandbox_violation",
  "in_doubt",
  "cancelled",
  "permanent",
  "unknown",
];
const NEVER: ReadonlySet<ErrorClass> = new Set([
  "hard_gate_failed",
  "sandbox_violation",
  "in_doubt",
  "cancelled",
  "permanent",
]);

const seconds = fc.double({ min: 0.001, max: 86_400, noNaN: true });
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const exitCodes = fc.integer({ min: 0, max: 4 });

const policies: fc.Arbitrary<RetryPolicy> = fc
  .record({
    maxAttempts: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(100)),
    on: fc.subarray([...CLASSES], { minLength: 1 }),
    onExitCodes: fc.option(fc.uniqueArray(exitCodes, { minLength: 1 }), { nil: undefined }),
    baseSeconds: seconds,
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxSeconds: seconds,
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    maxElapsedSeconds: fc.option(seconds, { nil: undefined }),
  })
  .map(({ onExitCodes, maxElapsedSeconds, ...policy }) => ({
    ...policy,
    ...(onExitCodes !== undefined && { onExitCodes }),
    ...(maxElapsedSeconds !== undefined && { maxElapsedSeconds }),
  }));

const failures = fc.record({
  attempt: fc.oneof(fc.nat({ max: 4 }), fc.integer({ min: 97, max: 101 })),
  errorClass: fc.constantFrom(...CLASSES),
  exitCode: fc.option(exitCodes, { nil: undefined }),
  elapsedMs: fc.oneof(fc.constant(0), fc.nat({ max: 100_000_000 })),
});

test("no wait is ever longer than the policy's longest, jitter included, nor negative", () => {
  fc.assert(
    fc.property(policies, fc.nat({ max: 400 }), chances, (policy, attempt, chance) => {
      const delayMs = retryDelayMs(policy, attempt, chance);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(Math.round(policy.maxSeconds * 1000));
    }),
    { numRuns: 2000 },
  );
});

test("a retry follows only if class and exit code both match, attempts are left, and the time for all is not over", () => {
  fc.assert(
    fc.property(policies, failures, chances, (policy, failed, chance) => {
      const verdict = decideRetry(policy, failed, chance);
      const { onExitCodes, maxElapsedSeconds = Number.POSITIVE_INFINITY } = policy;
      const delayMs = retryDelayMs(policy, failed.attempt, chance);
      const expected =
        failed.attempt + 1 < policy.maxAttempts &&
        policy.on.includes(failed.errorClass) &&
        !NEVER.has(failed.errorClass) &&
        (onExitCodes === undefined || onExitCodes.some((code) => code === failed.exitCode)) &&
        failed.elapsedMs + delayMs <= maxElapsedSeconds * 1000;
      expect(verdict.retry).toBe(expected);
      if (verdict.retry) expect(verdict.delayMs).toBe(delayMs);
    }),
    { numRuns: 2000 },
  );
});

test("waits grow by the factor until the longest, and jitter moves each either way", () => {
  const policy: RetryPolicy = {
    maxAttempts: 9,
    on: ["transient_io"],
    baseSeconds: 2,
    factor: 2,
    maxSeconds: 60,
    jitter: 0.1,
  };
  expect([0, 1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(policy, attempt, 0.5))).toEqual([
    2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
  ]);
  expect([0, 0.25, 0.75].map((chance) => retryDelayMs(policy, 0, chance))).toEqual([1800, 1900, 2100]);
  expect(retryDelayMs(policy, 9, 0.999)).toBe(60_000);
});

test("with an exponent the wait behind attempt n is n to its power, up to the longest", () => {
  const policy = {
    maxAttempts: 20,
    on: ["transient_io"],
    baseSeconds: 1,
    factor: 1,
    exponent: 2,
    maxSeconds: 300,
    jitter: 0.1,
  } as const;
  const waits = [0, 1, 2, 3, 17, 18].map((attempt) => retryDelayMs(policy, attempt, 0.5));
  expect(waits).toEqual([1000, 4000, 9000, 16_000, 300_000, 300_000]);
  expect(retryDelayMs(policy, 1, 0)).toBe(3600);
});
