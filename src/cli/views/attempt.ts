import { isBlobReference, snakeCase } from "#evidence";
import type { Json, JsonObject } from "#model";
import type { AttemptStep, RecordedAttempt } from "../plan-run/recorded-attempt.ts";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { indexColumns, stepLine } from "./step-line.ts";

/** Lines of one output that are shown to a person: the last ones; `--output STEP` and `--json` have all. */
const OUTPUT_LINES_SHOWN = 200;
/** Steps that are shown to a person. */
const STEPS_SHOWN = 500;

const INDENT = "      ";

/** How it is to be written. */
export interface AttemptStyle {
  readonly paint: Paint;
  readonly columns: number;
}

/** An attempt: its state, and each step with what it has put out. */
export function attemptText(attempt: RecordedAttempt, { paint, columns }: AttemptStyle): string {
  const { steps } = attempt;
  const style = { paint, columns, indexColumns: indexColumns(Math.max(1, steps.length)) };
  const shown = steps.slice(0, STEPS_SHOWN);
  const reason = attempt.reason === "" ? [] : [`Reason: ${safeText(attempt.reason)}`];
  return [
    paint("strong", `Job ${safeText(attempt.jobKey)} of run ${safeText(attempt.runId)}, attempt ${attempt.attempt}`),
    `Status: ${safeText(attempt.status)}`,
    ...reason,
    `Started: ${safeText(attempt.startedAt)}`,
    "",
    ...shown.flatMap((step) => [stepLine(step, style), ...outputLines(step, attempt)]),
    ...(steps.length > shown.length ? [`... ${steps.length - shown.length} more steps; --json has all`] : []),
    "",
  ].join("\n");
}

function outputLines(
  { output, stepIndex }: AttemptStep,
  { runId, jobKey, attempt }: RecordedAttempt,
): readonly string[] {
  if (output === undefined || output === null) return [];
  if (isBlobReference(output)) {
    const place = `--job ${safeText(jobKey)} --attempt ${attempt} --output ${stepIndex}`;
    return [`${INDENT}(kept beside the log: verbatim show ${safeText(runId)} ${place})`];
  }
  const lines = textLines(output);
  const left = lines.length - OUTPUT_LINES_SHOWN;
  const more = left > 0 ? [`${INDENT}... ${left} lines before`] : [];
  return [...more, ...lines.slice(-OUTPUT_LINES_SHOWN).map((line) => INDENT + safeText(line))];
}

/** What a command has written, as it wrote it; anything else as JSON. */
function textLines(output: Json): readonly string[] {
  const texts = isObject(output) ? ["stdout", "stderr"].flatMap((name) => writtenText(output[name])) : [];
  if (texts.length === 0) return [JSON.stringify(output)];
  return texts.flatMap((text) => (text === "" ? [] : text.replace(/\n$/, "").split("\n")));
}

function writtenText(stream: Json | undefined): readonly string[] {
  const text = stream !== undefined && isObject(stream) ? stream["text"] : undefined;
  return typeof text === "string" ? [text] : [];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same for programs. */
export function attemptJson({ runId, jobKey, steps, ...facts }: RecordedAttempt): JsonObject {
  const { attempt, status, reason, startedAt } = facts;
  return {
    run_id: runId,
    job_key: jobKey,
    attempt,
    status,
    reason,
    started_at: startedAt,
    steps: steps.map(({ output, word, ...step }) => ({ ...snakeCase(step), status: word, output: output ?? null })),
  };
}
