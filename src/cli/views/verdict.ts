import type { LogProblem, LogReport } from "#evidence";
import type { JsonObject } from "#model";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { counted } from "../text/words.ts";

/** What was asked of a verification. */
export interface Expectation {
  /** The run or the file, as the caller named it. */
  readonly source: string;
  /** The run that was asked for. */
  readonly expectedRunId?: string;
  /** The head that the caller has noted. */
  readonly expectedHead?: string;
}

/** What is proven of a log, and what is not. */
export interface Verdict {
  /** Whether every line holds, and all that the caller expected. */
  readonly ok: boolean;
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

/** Judges a report: a log of another run, or with another head than the one noted, does not hold. */
export function verdictOf(report: LogReport, { source, expectedRunId, expectedHead }: Expectation): Verdict {
  const { runId, records, head, complete } = report;
  const unexpected: LogProblem[] = [];
  if (expectedRunId !== undefined && runId !== expectedRunId)
    unexpected.push({ line: 1, message: `this is the log of run ${runId}, asked for was ${expectedRunId}` });
  const other = expectedHead !== undefined && report.ok && head !== expectedHead;
  if (other)
    unexpected.push({ line: records, message: `the head is ${head}, expected ${expectedHead}: another log, or cut` });
  const problems = [...report.problems, ...unexpected];
  const ok = report.ok && unexpected.length === 0;
  const facts = { ok, complete, headMatches: expectedHead !== undefined && !other };
  return {
    ok,
    source,
    runId,
    records,
    head,
    complete,
    problems,
    problemCount: report.problemCount + unexpected.length,
    proven: provenBy(facts),
    notProven: notProvenBy(facts),
  };
}

interface Facts {
  readonly ok: boolean;
  readonly complete: boolean;
  readonly headMatches: boolean;
}

function provenBy({ ok, complete, headMatches }: Facts): readonly string[] {
  if (!ok) return [];
  return [
    "the chain is whole: every line is hashed together with all lines before it and with the run's id, so no line was changed, removed, inserted or swapped unless all lines after it were written anew",
    "every output that stands in the log fits its hash",
    ...(complete ? ["the log is complete: it begins with run.created and ends with run.completed"] : []),
    ...(headMatches ? ["it is the log whose head was noted: nobody has written it anew since"] : []),
  ];
}

function notProvenBy({ ok, complete, headMatches }: Facts): readonly string[] {
  return [
    ...(ok ? [] : ["which of the lines are true: the log does not hold together"]),
    ...(complete
      ? []
      : ["that nothing is missing at the end: there is no run.completed (the run goes on, or the end was cut)"]),
    ...(headMatches
      ? []
      : [
          "who wrote it: the log is not signed, so whoever owns the whole log could have written it anew from the start; compare the head with one noted when the run ended (--head)",
        ]),
    "payloads over 8 KiB, which lie beside the log under their hash, were not read",
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
  const { ok, source, runId, records, head, complete, problems, problemCount } = verdict;
  const state = ok ? paint("good", "✓ WHOLE") : paint("bad", "✗ BROKEN");
  const end = complete ? paint("good", "✓ COMPLETE") : paint("doubtful", "? UNPROVEN");
  const left = problemCount - problems.length;
  return [
    paint("strong", `Verification: ${safeText(source)}`),
    "=".repeat(RULE_COLUMNS),
    `Chain: ${state}`,
    `End: ${end}`,
    `Run: ${safeText(runId ?? "unknown")}`,
    `Log: ${counted(records, "line")}, ${ok ? "head" : "last hash that holds"} ${safeText(head ?? "none")}`,
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
  const { ok, source, runId, records, head, complete, problems, problemCount, proven, notProven } = verdict;
  return {
    ok,
    source,
    run_id: runId ?? null,
    records,
    head: head ?? null,
    complete,
    signed: false,
    problems: problems.map(({ line, message }) => ({ line, message })),
    problem_count: problemCount,
    proven,
    not_proven: notProven,
  };
}
