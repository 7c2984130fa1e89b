import type { PlannedJobStatus, RunStatus } from "#model";
import type { Paint, Tone } from "./paint.ts";

type Mark = readonly [glyph: string, word: string, tone: Tone];

const RUN_MARKS: Readonly<Record<RunStatus, Mark>> = {
  created: ["·", "created", "quiet"],
  preflight_validated: ["·", "validated", "quiet"],
  executing: ["▸", "executing", "strong"],
  blocked: ["◆", "blocked", "doubtful"],
  rolling_back: ["▸", "rolling back", "doubtful"],
  succeeded: ["✓", "succeeded", "good"],
  failed: ["✗", "failed", "bad"],
  cancelled: ["■", "cancelled", "doubtful"],
  rolled_back: ["↺", "rolled back", "doubtful"],
};

const JOB_MARKS: Readonly<Record<PlannedJobStatus, Mark>> = {
  pending: ["·", "pending", "quiet"],
  blocked: ["◆", "at its gate", "doubtful"],
  running: ["▸", "running", "strong"],
  retrying: ["↻", "retrying", "doubtful"],
  succeeded: ["✓", "succeeded", "good"],
  failed: ["✗", "failed", "bad"],
  in_doubt: ["?", "in doubt", "doubtful"],
  skipped: ["⊘", "skipped", "quiet"],
  compensated: ["↺", "undone", "doubtful"],
};

/** Columns that the longest word of a plan's job takes. */
export const PLANNED_JOB_COLUMNS = 11;

/** Glyph and word of a plan's run. */
export function runWord(status: RunStatus, paint: Paint): string {
  const [glyph, word, tone] = RUN_MARKS[status];
  return paint(tone, `${glyph} ${word}`);
}

/** Glyph and word of a plan's job, as wide as the widest; two columns more than {@link PLANNED_JOB_COLUMNS}. */
export function plannedJobWord(status: PlannedJobStatus, paint: Paint): string {
  const [glyph, word, tone] = JOB_MARKS[status];
  return paint(tone, `${glyph} ${word.padEnd(PLANNED_JOB_COLUMNS)}`);
}

/** The word of a plan's job alone. */
export function jobStatusWord(status: PlannedJobStatus): string {
  return JOB_MARKS[status][1];
}

/** States in the order in which they are counted: what somebody has to look at first. */
export const COUNTED_STATES: readonly PlannedJobStatus[] = [
  "failed",
  "in_doubt",
  "blocked",
  "running",
  "retrying",
  "succeeded",
  "compensated",
  "skipped",
  "pending",
];

/** `1 failed, 2 running, 3 succeeded`: states that no job is in are left out. */
export function jobCountsText(counts: ReadonlyMap<PlannedJobStatus, number>): string {
  return COUNTED_STATES.flatMap((status) => {
    const count = counts.get(status) ?? 0;
    return count === 0 ? [] : [`${count} ${jobStatusWord(status)}`];
  }).join(", ");
}

/** How many jobs are in each state. */
export function countedJobs(
  jobs: Iterable<{ readonly status: PlannedJobStatus }>,
): ReadonlyMap<PlannedJobStatus, number> {
  const counts = new Map<PlannedJobStatus, number>();
  for (const { status } of jobs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
