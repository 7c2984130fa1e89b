import type { RetryPolicy } from "#model";

/** No retry; whoever asks for one gets these waits. */
const DEFAULT: RetryPolicy = {
  maxAttempts: 1,
  on: ["transient_io"],
  baseSeconds: 2,
  factor: 2,
  maxSeconds: 60,
  jitter: 0.1,
};

/** The policy of a job: what it says itself, then what the plan says for all, then the defaults. */
export function retryPolicy(
  plan: Partial<RetryPolicy> | undefined,
  job: Partial<RetryPolicy> | undefined,
): RetryPolicy {
  return { ...DEFAULT, ...plan, ...job };
}
