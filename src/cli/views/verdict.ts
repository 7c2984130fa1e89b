import type { LogProblem, LogReport } from "#evidence";
import type { JsonObject } from "#model";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { counted } from "../text/words.ts";

/** What was asked of a verification. */
export interface Expectation {
  /** The run or the file, as the caller named it. */
  readonly source: string;
  /** The head that the caller has noted. */
  readonly expectedHead?: string;
}

/** What is proven of a log, and what is not. */
export interface Verdict {
  /** Whether every line holds, and the head is the one that was noted. */
  readonly ok: boolean;
  /** Whether every line holds. */
  readonly whole: boolean;
  /** Whether the head is the one that was noted; undefined if none was. */
  readonly headAsNoted: boolean | undefined;
  readonly source: string;
  readonly runId: string | undefined;
  readonly records: number;
  readonly head: string | undefined;
  readonly complete: boolean;
  readonly problems: readonly LogProblem[];
  readonly problemCount: number;
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

/** Judges a report: a log with another head than the one noted does not hold. */
export function verdictOf(report: LogReport, { source, expectedHead }: Expectation): Verdict {
  const { runId, records, head, complete } = report;
  const whole = report.ok;
  const headAsNoted = expectedHead === undefined || !whole ? undefined : head === expectedHead;
  const isOther = headAsNoted === false;
  const message = `the head is ${head}, expected ${expectedHead}: it is another log, or its end was cut`;
  const facts: Facts = { whole, complete, headAsNoted };
  return {
    ok: whole && !isOther,
    ...facts,
    source,
    runId,
    records,
    head,
    problems: isOther ? [{ line: records, message }] : report.problems,
    problemCount: isOther ? 1 : report.problemCount,
    proven: provenBy(facts),
    notProven: notProvenBy(facts),
  };
}

type Facts = Pick<Verdict, "whole" | "complete" | "headAsNoted">;

function provenBy({ whole, complete, headAsNoted }: Facts): readonly string[] {
  if (!whole) return [];
  return [
    "the chain is whole: every line is hashed together with all lines before it and with the run's id, so no line was changed, removed, inserted or swapped unless all lines after it were written anew",
    "every output that stands in the log fits its hash",
    ...(complete ? ["the log is complete: it begins with run.created and ends with run.completed"] : []),
    ...(headAsNoted === true ? ["it is the log whose head was noted: nobody has written it anew since"] : []),
  ];
}

function notProvenBy({ whole, complete, headAsNoted }: Facts): readonly string[] {
  return [
    ...(whole ? [] : ["which of the lines are true: the log does not hold together"]),
    ...(complete
      ? []
      : ["that nothing is missing at the end: there is no run.completed (the run goes on, or the end was cut)"]),
    ...(headAsNoted === true
      ? []
      : [
          "who wrote it: the log is not signed, so whoever owns the whole log could have written it anew from the start; compare the head with one noted when the run ended (--head)",
        ]),
    "payloads over 8 KiB, which lie beside the log under their hash: they were not read",
    "that the run succeeded: a whole log can tell of a failed run",
  ];
}

/** How a verdict is to be written. */
export interface VerdictStyle {
  readonly paint: Paint;
}

const RULE_COLUMNS = 60;

/** The verdict for people. */
export function verdictText(verdict: Verdict, { paint }: VerdictStyle): string {
  const { whole, headAsNoted, source, runId, records, head, complete, problems, problemCount } = verdict;
  const left = problemCount - problems.length;
  const noted = headAsNoted === true ? paint("good", "✓ AS NOTED") : paint("bad", "✗ ANOTHER");
  return [
    paint("strong", `Verification: ${safeText(source)}`),
    "=".repeat(RULE_COLUMNS),
    `Chain: ${whole ? paint("good", "✓ WHOLE") : paint("bad", "✗ BROKEN")}`,
    `End: ${complete ? paint("good", "✓ COMPLETE") : paint("doubtful", "? UNPROVEN")}`,
    ...(headAsNoted === undefined ? [] : [`Head: ${noted}`]),
    `Run: ${safeText(runId ?? "unknown")}`,
    `Log: ${counted(records, "line")}, ${whole ? "head" : "last hash that holds"} ${safeText(head ?? "none")}`,
    ...listed("Problems", [
      ...problems.map(({ line, message }) => `line ${line}: ${safeText(message)}`),
      ...(left > 0 ? [`and ${left} more`] : []),
    ]),
    ...listed(
      "Proven",
      verdict.proven.map((text) => `+ ${text}`),
    ),
    ...listed(
      "Not proven",
      verdict.notProven.map((text) => `- ${text}`),
    ),
    "",
  ].join("\n");
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}

/** The verdict for programs. */
export function verdictJson(verdict: Verdict): JsonObject {
  const { ok, whole, headAsNoted, source, runId, records, head, complete, problems, problemCount } = verdict;
  return {
    ok,
    whole,
    head_as_noted: headAsNoted ?? null,
    source,
    run_id: runId ?? null,
    records,
    head: head ?? null,
    complete,
    signed: false,
    problems: problems.map(({ line, message }) => ({ line, message })),
    problem_count: problemCount,
    proven: verdict.proven,
    not_proven: verdict.notProven,
  };
}
