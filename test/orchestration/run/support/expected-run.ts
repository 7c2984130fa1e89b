import type { PlannedJobStatus } from "#model";
import type { Script } from "./run-bench.ts";

/** A job of a random plan. */
export interface RandomJob {
  readonly key: string;
  readonly needs: readonly string[];
  /** What its last step does in each attempt; the last one for all further. */
  readonly outcomes: readonly Script[];
  readonly maxAttempts: number;
  readonly continueOnError: boolean;
  readonly gate: "hard" | "manual" | undefined;
  readonly steps: number;
}

/** What a job can have come to, and how many attempts it can have had. */
export interface ExpectedJob {
  readonly possible: ReadonlySet<PlannedJobStatus>;
  readonly attempts: number;
}

/**
 * What becomes of a plan, said without any scheduler: a job that is started ends by its own outcomes alone; one behind a failure
 * is skipped; one beside a failure that stops the run may have been started before or not.
 */
export function expectedRun(jobs: readonly RandomJob[]): {
  readonly status: "succeeded" | "failed";
  readonly jobs: ReadonlyMap<string, ExpectedJob>;
} {
  const own = new Map(jobs.map((job) => [job.key, ownEnd(job)]));
  const reachable = new Map<string, boolean>();
  for (const { key, needs } of jobs)
    // they need only jobs before them
    reachable.set(
      key,
      needs.every((need) => reachable.get(need) === true && own.get(need)?.status === "succeeded"),
    );
  const failing = jobs.filter(({ key }) => reachable.get(key) === true && own.get(key)?.status === "failed");
  const stops = failing.some(({ continueOnError, gate }) => !continueOnError || gate === "hard");
  const result = new Map<string, ExpectedJob>();
  for (const { key } of jobs) {
    const end = own.get(key) ?? { status: "failed" as const, attempts: 0 };
    const possible = new Set<PlannedJobStatus>(reachable.get(key) === true ? [end.status] : ["skipped"]);
    if (stops) possible.add("skipped");
    if (stops && reachable.get(key) === true && end.attempts > 1) possible.add("failed"); // its retry was not started any more
    result.set(key, { possible, attempts: end.attempts });
  }
  return { status: failing.length > 0 ? "failed" : "succeeded", jobs: result };
}

function ownEnd({ outcomes, maxAttempts }: RandomJob): {
  readonly status: "succeeded" | "failed";
  readonly attempts: number;
} {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const said = outcomes[Math.min(attempt, outcomes.length - 1)];
    if (said === "ok") return { status: "succeeded", attempts: attempt + 1 };
    if (said !== "transient_io") return { status: "failed", attempts: attempt + 1 };
  }
  return { status: "failed", attempts: maxAttempts };
}
