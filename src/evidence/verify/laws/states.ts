/** Which state of a run may follow which. */
const RUN_STATES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    created: ["preflight_validated", "executing", "blocked", "failed", "cancelled", "succeeded"],
    preflight_validated: ["executing", "blocked", "failed", "cancelled", "succeeded"],
    executing: ["succeeded", "failed", "blocked", "cancelled"],
    blocked: ["executing", "rolling_back", "failed", "cancelled"],
    failed: ["executing", "rolling_back", "rolled_back"],
    rolling_back: ["rolled_back", "failed", "blocked"],
    succeeded: [],
    cancelled: [],
    rolled_back: [],
  }),
);

/** The states in which a run can end. */
export const RUN_ENDS: ReadonlySet<unknown> = new Set(["succeeded", "failed", "cancelled", "rolled_back"]);

/** Whether a run may go from one state to the other. */
export function runMayGo(from: string, to: string): boolean {
  return RUN_STATES.get(from)?.includes(to) ?? false;
}

/** What is known of a job. */
export type JobState = "pending" | "running" | "succeeded" | "failed" | "skipped" | "compensated";

const JOB_STATES: Readonly<Record<JobState, readonly JobState[]>> = {
  pending: ["running", "skipped", "succeeded"], // succeeded without having run: by an override
  running: ["succeeded", "failed"],
  succeeded: ["compensated"],
  failed: ["running", "skipped", "compensated", "succeeded"],
  skipped: ["running", "skipped", "succeeded"],
  compensated: [],
};

/** Whether a job may go from one state to the other; what is more to it, such as a new attempt, is looked at elsewhere. */
export function jobMayGo(from: JobState, to: JobState): boolean {
  return JOB_STATES[from].includes(to);
}
