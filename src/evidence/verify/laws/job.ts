import type { AttemptLaws } from "./attempt-laws.ts";
import type { JobState } from "./states.ts";

/** What the records have said of a job so far. */
export interface Job {
  state: JobState;
  /** Number of the last attempt; -1 = none. */
  attempt: number;
  /** The last attempt. */
  last: AttemptLaws | undefined;
  /** Whether something has allowed another attempt: job.retried, run.resumed, or an override. */
  mayStartAgain: boolean;
  /** The word of the last attempt. */
  status: unknown;
  gate: "opened" | "approved" | "rejected" | undefined;
  /** Whether a probe has found out what became of a step in doubt. */
  wasProbed: boolean;
}

/** A job of which no record has said anything. */
export function pendingJob(): Job {
  return {
    state: "pending",
    attempt: -1,
    last: undefined,
    mayStartAgain: true,
    status: undefined,
    gate: undefined,
    wasProbed: false,
  };
}
