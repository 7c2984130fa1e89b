import { fit, pad } from "../text/fit.ts";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { secondsText, STEP_WORD_COLUMNS, stepGlyph, stepWord } from "../text/words.ts";
import type { StepView } from "./run-view.ts";

/** How a line is to be written. */
export interface LineStyle {
  readonly paint: Paint;
  /** Columns that the line may take. */
  readonly columns: number;
  /** Columns of the largest index. */
  readonly indexColumns: number;
}

const TYPE_COLUMNS = 14;
const TARGET_COLUMNS = 32;
const TARGET_COLUMNS_AT_LEAST = 8;
const DURATION_COLUMNS = 8;
const ERROR_COLUMNS_AT_LEAST = 12;
const GAP = "  ";

/**
 * One line of a step: glyph, word, index, type, target, duration, error, as in
 * `✓ completed   3  command.run     docs/archive        0.12s`. Where columns are few, the target gives way first.
 */
export function stepLine(step: StepView, style: LineStyle): string {
  const { paint } = style;
  const left = style.columns - "✓ ".length - STEP_WORD_COLUMNS - GAP.length;
  const errorColumns = step.error === undefined ? 0 : GAP.length + ERROR_COLUMNS_AT_LEAST;
  const others = style.indexColumns + TYPE_COLUMNS + DURATION_COLUMNS + 3 * GAP.length + errorColumns;
  const targetColumns = Math.max(TARGET_COLUMNS_AT_LEAST, Math.min(TARGET_COLUMNS, left - others));
  const target = safeText(step.target);
  const facts = [
    String(step.stepIndex).padStart(style.indexColumns),
    pad(safeText(step.stepType), TYPE_COLUMNS),
    pad(Number.isFinite(left) ? fit(target, targetColumns) : target, targetColumns),
    step.durationSeconds === undefined ? "" : secondsText(step.durationSeconds).padStart(DURATION_COLUMNS),
    step.error === undefined ? "" : safeText(step.error),
  ];
  const text = facts.join(GAP).trimEnd();
  return `${stepGlyph(step.word, paint)} ${stepWord(step.word, paint)}${GAP}${fit(text, left)}`;
}

/** Columns that the largest index of so many steps takes. */
export function indexColumns(steps: number): number {
  return String(Math.max(0, steps - 1)).length;
}
