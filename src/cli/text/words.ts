import type { JobStatus } from "#model";
import type { Paint, Tone } from "./paint.ts";

/** What a step can be said to be, for people. */
export type StepWord = "running" | "completed" | "failed" | "in doubt" | "not run";

type Mark = readonly [glyph: string, tone: Tone];

const STEP_MARKS: Readonly<Record<StepWord, Mark>> = {
  running: ["▸", "strong"],
  completed: ["✓", "good"],
  failed: ["✗", "bad"],
  "in doubt": ["?", "doubtful"],
  "not run": ["⊘", "quiet"],
};

const JOB_MARKS: Readonly<Record<JobStatus, Mark>> = {
  PENDING: ["·", "quiet"],
  RUNNING: ["▸", "strong"],
  COMPLETED: ["✓", "good"],
  FAILED: ["✗", "bad"],
  CANCELLED: ["■", "doubtful"],
};

/** Columns that the longest word of a step takes. */
export const STEP_WORD_COLUMNS = 9;

/** The glyph of a step; its word stands beside it always. */
export function stepGlyph(word: StepWord, paint: Paint): string {
  const [glyph, tone] = STEP_MARKS[word];
  return paint(tone, glyph);
}

/** The word of a step, as wide as the widest. */
export function stepWord(word: StepWord, paint: Paint): string {
  return paint(STEP_MARKS[word][1], word.padEnd(STEP_WORD_COLUMNS));
}

/** Glyph and word of a run. */
export function jobWord(status: JobStatus, paint: Paint): string {
  const [glyph, tone] = JOB_MARKS[status];
  return paint(tone, `${glyph} ${status}`);
}

/** Seconds for people: `312.45s`; under a hundredth more exactly, `0.004s`. */
export function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 0.01 ? 3 : 2)}s`;
}

/** `1 step`, `2 steps`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
