import type { ErrorClass, RetryPolicy } from "#model";

/** What is known of a failed attempt. */
export interface FailedAttempt {
  /** 0-based. */
  readonly attempt: number;
  readonly errorClass: ErrorClass;
  /** Of the step that failed, if it was a command that exited. */
  readonly exitCode: number | undefined;
  /** Milliseconds since the first attempt was started. */
  readonly elapsedMs: number;
}

/** Whether another attempt follows. */
export type RetryVerdict =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly why: string };

/** Failures that another attempt cannot mend, or that somebody has decided. */
const NEVER: ReadonlySet<ErrorClass> = new Set([
  "sandbox_violation",
  "permanent",
  "hard_gate_failed",
  "cancelled",
  "in_doubt",
]);

/**
 * Decides whether a failed attempt is followed by another one, and after which wait.
 * @param chance in [0, 1): where in its jitter the wait lies.
 */
export function decideRetry(policy: RetryPolicy, failed: FailedAttempt, chance: number): RetryVerdict {
  const { attempt, errorClass, exitCode, elapsedMs } = failed;
  if (policy.maxAttempts <= 1) return { retry: false, why: "no retry is declared" };
  if (NEVER.has(errorClass)) return { retry: false, why: `${errorClass} is never tried again` };
  if (attempt + 1 >= policy.maxAttempts) return { retry: false, why: `all ${policy.maxAttempts} attempts were made` };
  if (!policy.on.includes(errorClass))
    return { retry: false, why: `${errorClass} is not among the failures to be tried again (${policy.on.join(", ")})` };
  const { onExitCodes } = policy;
  if (onExitCodes !== undefined && (exitCode === undefined || !onExitCodes.includes(exitCode)))
    return { retry: false, why: `exit code ${exitCode ?? "none"} is not among ${onExitCodes.join(", ")}` };
  const delayMs = retryDelayMs(policy, attempt, chance);
  const { maxElapsedSeconds } = policy;
  if (maxElapsedSeconds !== undefined && elapsedMs + delayMs > maxElapsedSeconds * 1000)
    return { retry: false, why: `the time for all attempts, ${maxElapsedSeconds} s, would be over` };
  return { retry: true, delayMs };
}

/**
 * The wait behind an attempt (0-based): exponential, or a power of the attempt where the policy has an exponent; changed by jitter, and
 * never longer than the policy's longest, jitter included.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, chance: number): number {
  const growth = policy.exponent === undefined ? policy.factor ** attempt : (attempt + 1) ** policy.exponent;
  const seconds = Math.min(policy.baseSeconds * growth, policy.maxSeconds);
  const jittered = seconds * (1 + policy.jitter * (2 * chance - 1));
  return Math.round(1000 * Math.min(jittered, policy.maxSeconds));
}
