import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { counted, jobWord } from "../text/words.ts";
import type { StepWord } from "../text/words.ts";
import type { RunView, StepView } from "./run-view.ts";
import { indexColumns, stepLine } from "./step-line.ts";

/** Steps listed at the beginning and at the end of a long run; between these only those that failed or are in doubt. */
const STEPS_LISTED_EACH_END = 100;

const RULE_COLUMNS = 60;
const INDENT = "  ";
const ERROR_INDENT = "      ";

/** How a summary is to be written. */
export interface SummaryStyle {
  readonly paint: Paint;
  readonly columns: number;
}

/** What a run has come to: its state, its times, its steps, and how its log can be verified. */
export function summaryText(run: RunView, style: SummaryStyle): string {
  return [...head(run, style), "", ...stepList(run, style), "", ...evidence(run), ""].join("\n");
}

function head(run: RunView, { paint }: SummaryStyle): readonly string[] {
  const times = [
    run.createdAt === undefined ? [] : [`Created: ${run.createdAt}`],
    run.completedAt === undefined ? [] : [`Completed: ${run.completedAt}`],
    run.durationSeconds === undefined ? [] : [`Duration: ${run.durationSeconds.toFixed(2)}s`],
  ].flat();
  return [
    paint("strong", `Run Summary: ${safeText(run.runId)}`),
    "=".repeat(RULE_COLUMNS),
    `Status: ${jobWord(run.status, paint)}`,
    ...(run.reason === undefined ? [] : [`Reason: ${safeText(run.reason)}`]),
    ...times,
    "",
    `Steps: ${run.stepsDeclared} total (${countsText(run.steps)})`,
  ];
}

const COUNTED: readonly StepWord[] = ["completed", "failed", "in doubt", "running", "not run"];
const ALWAYS_COUNTED: ReadonlySet<StepWord> = new Set(["completed", "failed"]);

/** `2 completed, 1 failed, 5 not run` */
export function countsText(steps: readonly StepView[]): string {
  return COUNTED.map((word) => ({ word, count: steps.filter((step) => step.word === word).length }))
    .filter(({ word, count }) => count > 0 || ALWAYS_COUNTED.has(word))
    .map(({ word, count }) => `${count} ${word}`)
    .join(", ");
}

function stepList({ steps }: RunView, { paint, columns }: SummaryStyle): readonly string[] {
  const style = { paint, columns: columns - INDENT.length, indexColumns: indexColumns(steps.length) };
  const lines: string[] = ["Steps:", "-".repeat(RULE_COLUMNS)];
  let leftOut = 0;
  const tellLeftOut = (): void => {
    if (leftOut > 0) lines.push(`${INDENT}... ${counted(leftOut, "step")} left out here; --json lists all`);
    leftOut = 0;
  };
  for (const [position, step] of steps.entries()) {
    if (!isListed(step, position, steps.length)) {
      leftOut += 1;
      continue;
    }
    tellLeftOut();
    const { error, ...performed } = step;
    lines.push(INDENT + stepLine(performed, style));
    if (error !== undefined) lines.push(ERROR_INDENT + paint("bad", `Error: ${safeText(error)}`));
  }
  return lines;
}

function isListed({ word }: StepView, position: number, steps: number): boolean {
  const atAnEnd = position < STEPS_LISTED_EACH_END || position >= steps - STEPS_LISTED_EACH_END;
  return atAnEnd || word === "failed" || word === "in doubt" || word === "running";
}

function evidence({ runId, log, completedAt }: RunView): readonly string[] {
  const verify = `verbatim verify ${safeText(runId)}`;
  return [
    `Run id: ${safeText(runId)}`,
    `Log: ${counted(log.records, "record")}, head ${safeText(log.head)}`,
    completedAt === undefined ? `Verify: ${verify}` : `Verify: ${verify} --head ${safeText(log.head)}`,
  ];
}
