import fc from "fast-check";
import type { JobDeclaration } from "#model";
import type { RandomJob } from "./expected-run.ts";
import { declaredJob } from "./run-bench.ts";
import type { Script } from "./run-bench.ts";

const outcome = fc.constantFrom<Script>("ok", "ok", "ok", "transient_io", "permanent", "timeout");

/** Jobs that need only jobs before them, so that there is no circle. */
export const randomJobs = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat({ max: 100 }), { maxLength: 3 }),
      outcomes: fc.array(outcome, { minLength: 1, maxLength: 3 }),
      maxAttempts: fc.integer({ min: 1, max: 3 }),
      continueOnError: fc.boolean(),
      gate: fc.constantFrom(undefined, undefined, undefined, "hard" as const, "manual" as const),
      steps: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((jobs) =>
    jobs.map(({ needs, ...rest }, at): RandomJob => ({
      ...rest,
      key: `j${at}`,
      needs: at === 0 ? [] : [...new Set(needs.map((need) => `j${need % at}`))],
    })),
  );

/** The declaration of such a job. */
export function declared(job: RandomJob): JobDeclaration {
  return declaredJob(job.key, {
    needs: job.needs,
    steps: Array.from({ length: job.steps }, () => ({ stepType: "test.act" })),
    continueOnError: job.continueOnError,
    retry: { maxAttempts: job.maxAttempts },
    recovery: "rerun",
    ...(job.gate !== undefined && { gate: job.gate }),
  });
}

/** The last step of an attempt does what the job's outcomes say; the ones before go well. */
export function scriptOf(
  jobs: readonly RandomJob[],
  attemptsOf: (key: string) => number = () => 0,
): (key: string) => Script {
  const byKey = new Map(jobs.map((job) => [job.key, job]));
  return (idempotencyKey) => {
    const [, key = "", attempt = "0", step = "0"] = idempotencyKey.split("/");
    const job = byKey.get(key);
    if (job === undefined || Number(step) !== job.steps - 1) return "ok";
    return job.outcomes[Math.min(Number(attempt) - attemptsOf(key), job.outcomes.length - 1)] ?? "ok";
  };
}
