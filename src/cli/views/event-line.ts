import type { RunEvent, RunTracker } from "../plan-run/run-tracker.ts";
import { fit } from "../text/fit.ts";
import type { Paint, Tone } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { secondsText } from "../text/words.ts";

/** What a line is written from. */
export interface EventLineScope {
  readonly tracker: RunTracker;
  readonly paint: Paint;
  readonly columns: number;
}

type Mark = readonly [glyph: string, word: string, tone: Tone];

/** The events that a person is told of, line by line. */
const MARKS: Readonly<Record<string, Mark>> = {
  "job.started": ["▸", "started", "strong"],
  "job.succeeded": ["✓", "succeeded", "good"],
  "job.failed": ["✗", "failed", "bad"],
  "job.retried": ["↻", "retrying", "doubtful"],
  "job.skipped": ["⊘", "skipped", "quiet"],
  "job.compensated": ["↺", "undone", "doubtful"],
  "gate.opened": ["◆", "at its gate", "doubtful"],
  "gate.approved": ["✓", "approved", "good"],
  "gate.rejected": ["✗", "rejected", "bad"],
  "gate.failed": ["✗", "hard gate", "bad"],
  "step.in_doubt": ["?", "in doubt", "doubtful"],
  "step.resolved": ["✓", "resolved", "doubtful"],
  "run.resumed": ["▸", "resumed", "strong"],
  "run.override_applied": ["■", "overridden", "doubtful"],
};

const WORD_COLUMNS = 11;

/**
 * One line of what happened, as in `✓ succeeded    build  0.12s`; undefined for what no person waits for. That a run is blocked
 * or has ended is told as well.
 */
export function eventLine(event: RunEvent, { tracker, paint, columns }: EventLineScope): string | undefined {
  const [glyph, word, tone] = MARKS[event.eventType] ?? stateMark(event) ?? [];
  if (glyph === undefined || word === undefined || tone === undefined) return undefined;
  const facts = [
    event.jobKey === "" ? "" : safeText(event.jobKey),
    attemptText(event, tracker),
    event.durationSeconds === undefined ? "" : secondsText(event.durationSeconds),
    saysWhy(event) ? safeText(event.reason) : "",
    event.eventType.startsWith("gate.") || event.eventType.startsWith("run.") ? byWhom(event) : "",
  ];
  const text = facts.filter((fact) => fact !== "").join("  ");
  return `${paint(tone, `${glyph} ${word.padEnd(WORD_COLUMNS)}`)}  ${fit(text, columns - WORD_COLUMNS - 4)}`;
}

function stateMark({ eventType, status }: RunEvent): Mark | undefined {
  if (eventType === "run.state_changed" && status === "blocked") return ["◆", "blocked", "doubtful"];
  if (eventType !== "run.completed") return undefined;
  return status === "succeeded" ? ["✓", "run ended", "good"] : ["✗", "run ended", "bad"];
}

function attemptText({ eventType, attempt, jobKey }: RunEvent, { jobs }: RunTracker): string {
  const attempts = jobs.get(jobKey)?.maxAttempts ?? 1;
  return eventType === "job.started" && (attempt > 0 || attempts > 1) ? `attempt ${attempt + 1} of ${attempts}` : "";
}

function saysWhy({ eventType }: RunEvent): boolean {
  return eventType !== "job.succeeded" && eventType !== "job.started";
}

/** Who said it, where it was somebody and not Verbatim itself. */
function byWhom({ actor }: RunEvent): string {
  return actor === "verbatim" || actor === "" ? "" : `(${safeText(actor)})`;
}
