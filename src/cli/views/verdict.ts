import { LAW_CODES, snakeCase } from "#evidence";
import type { LogProblem, LogReport, ProblemCode } from "#evidence";
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
  /** What was found of the log's seal; absent = there is none. */
  readonly seal?: SealFinding;
}

/** What was found of a seal's signature. */
export interface SealFinding {
  readonly keyId: string;
  /** `unknown_key`: signed by none of the keys at hand, if any. */
  readonly verdict: "valid" | "bad_signature" | "unknown_key";
  /** Where the keys came from; none = nobody has named one. */
  readonly keys: "given" | "own" | "none";
}

/** What is proven of a log, and what is not. */
export interface Verdict {
  /** Whether nothing speaks against the log: every line holds, the records keep the laws, and all is as it was noted. */
  readonly ok: boolean;
  /** Whether every line holds, and is the one that was noted. */
  readonly whole: boolean;
  /** Whether the records keep the laws; undefined if that cannot be said, because the lines do not hold. */
  readonly lawful: boolean | undefined;
  /** Whether the head is the one that was noted; undefined if none was. */
  readonly headAsNoted: boolean | undefined;
  /** What was found of the log's seal. */
  readonly seal: SealFinding | undefined;
  /** Whether the log goes on behind the lines that its seal covers, because the run was resumed. */
  readonly isBehind: boolean;
  /** Whether it is proven that the log has ended, that nothing is missing, and that nobody has written it anew since. */
  readonly endProven: boolean;
  readonly report: LogReport;
  readonly source: string;
  readonly problems: readonly LogProblem[];
  readonly problemCount: number;
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

/** Judges a report: a log with another head than the one noted does not hold. */
export function verdictOf(report: LogReport, { source, expectedHead, seal }: Expectation): Verdict {
  const { records, head, complete, end } = report;
  const broken = report.problems.some(({ code }) => !isLaw(code) && code !== BEHIND_SEAL);
  const isBehind = report.problems.some(({ code }) => code === BEHIND_SEAL);
  const headAsNoted = expectedHead === undefined || broken || isBehind ? undefined : head === expectedHead;
  const other = [
    ...(headAsNoted === false ? [otherHead(records, { head, expectedHead })] : []),
    ...badSeal(records, seal),
  ];
  const facts: Facts = {
    whole: !broken,
    lawful: broken ? undefined : !report.problems.some(({ code }) => isLaw(code)),
    headAsNoted,
    seal,
    isBehind,
    endProven: report.ok && complete && other.length === 0 && (end !== "unproven" || headAsNoted === true),
    report,
  };
  return {
    ok: report.ok && other.length === 0,
    ...facts,
    source,
    problems: [...other, ...report.problems],
    problemCount: report.problemCount + other.length,
    proven: provenBy(facts),
    notProven: notProvenBy(facts),
  };
}

/** A log that goes on behind its seal is whole, and not the one that was sealed. */
const BEHIND_SEAL: ProblemCode = "RESUMED_AFTER_SEAL";

function badSeal(records: number, seal: SealFinding | undefined): readonly LogProblem[] {
  if (seal === undefined || seal.verdict === "valid" || seal.keys === "none") return [];
  const place = { seq: records, line: records };
  if (seal.verdict === "bad_signature")
    return [{ code: "BAD_SIGNATURE", ...place, message: `the seal's signature is not that of the key ${seal.keyId}` }];
  const whose = seal.keys === "own" ? "not this installation's key" : "none of the keys that were given";
  return [{ code: "UNKNOWN_KEY", ...place, message: `the seal was signed by ${seal.keyId}, which is ${whose}` }];
}

function isLaw(code: ProblemCode): boolean {
  return (LAW_CODES as readonly string[]).includes(code);
}

function otherHead(
  records: number,
  { head, expectedHead }: { readonly head: string | undefined; readonly expectedHead: string | undefined },
): LogProblem {
  const message = `the head is ${head}, expected ${expectedHead}: it is another log, or its end was cut`;
  return { code: "OTHER_HEAD", seq: Math.max(0, records - 1), line: records, message };
}

type Facts = Pick<Verdict, "whole" | "lawful" | "headAsNoted" | "seal" | "isBehind" | "endProven" | "report">;

function provenBy({ whole, lawful, headAsNoted, seal, endProven, report }: Facts): readonly string[] {
  if (!whole) return [];
  const { complete, planCompared, receipts, end } = report;
  return [
    "the chain is whole: every line is hashed together with all lines before it and with the run's id, so no line was changed, removed, inserted or swapped unless all lines after it were written anew",
    "every output that stands in the log fits its hash",
    ...(lawful === true && report.laws ? [LAWS_PROVEN] : []),
    ...(complete ? ["the log begins with run.created and ends with run.completed"] : []),
    ...(planCompared ? ["the plan is the one that was given"] : []),
    ...(receipts > 0 ? [`the lines of which there are receipts (${receipts}) stand in it, with all before them`] : []),
    ...(headAsNoted === true ? ["it is the log whose head was noted: nobody has written it anew since"] : []),
    ...(end === "sealed" && endProven
      ? [
          `it is the log that was sealed with the key ${seal?.keyId ?? ""}: nothing is missing, and nobody without that key has written it anew`,
        ]
      : []),
  ];
}

const LAWS_PROVEN =
  "the records keep the laws: steps were started in declared order without gaps (EXEC-001), each started step has one result or is in doubt (EXEC-002), nothing was started after a failure (EXEC-003), no step was started twice under one job id (EXEC-006), and run and jobs went through states that may follow one another";

function notProvenBy({ whole, headAsNoted, seal, isBehind, endProven, report }: Facts): readonly string[] {
  const { complete, end } = report;
  const isAnchored = endProven || headAsNoted === true || end !== "unproven";
  return [
    ...(whole ? [] : ["which of the lines are true: the log does not hold together"]),
    ...(complete
      ? []
      : ["that nothing is missing at the end: there is no run.completed (the run goes on, or the end was cut)"]),
    ...(isAnchored
      ? []
      : [
          "UNSEALED: tail not provable. Whoever owns the whole log could have written it anew from the start, or from a line on of which nobody has a receipt; compare the head with one noted when the run ended (--head), or with what a stream has sent (--expect)",
        ]),
    ...(end === "sealed" ? [keyUnproven(seal)] : [isBehind ? ONLY_BEGINNING_SEALED : unsealed(seal)]),
    "payloads over 8 KiB, which lie beside the log under their hash: they were not read",
    "that the run succeeded, or that a step has told the truth: a whole log can tell of a failed run",
  ];
}

const ONLY_BEGINNING_SEALED =
  "who wrote what stands behind the sealed lines, and whether it is all: the run had failed and was resumed, and the seal is from before that. Ask for the seal that is made when the run has ended again";

function keyUnproven(seal: SealFinding | undefined): string {
  const [whose, trusted] =
    seal?.keys === "own"
      ? ["this installation's", "whoever owns it could have signed anew"]
      : ["the one that was given", "that is for you to know"];
  return `whose key it is: it is ${whose}; ${trusted}`;
}

function unsealed(seal: SealFinding | undefined): string {
  if (seal === undefined) return "who wrote it: there is no seal";
  if (seal.keys === "none")
    return `who wrote it: there is a seal, signed by ${seal.keyId}, and no key to check it with (--key)`;
  return "who wrote it: the seal does not hold";
}

/** How a verdict is to be written. */
export interface VerdictStyle {
  readonly paint: Paint;
}

const RULE_COLUMNS = 60;

/** The verdict for people. */
export function verdictText(verdict: Verdict, { paint }: VerdictStyle): string {
  const { whole, report, source, problems, problemCount } = verdict;
  const { runId, records, head } = report;
  const left = problemCount - problems.length;
  return [
    paint("strong", `Verification: ${safeText(source)}`),
    "=".repeat(RULE_COLUMNS),
    ...markLines(verdict, paint),
    `Run: ${safeText(runId ?? "unknown")}`,
    `Log: ${counted(records, "line")}, ${whole ? "head" : "last hash that holds"} ${safeText(head ?? "none")}`,
    ...listed("Problems", [...problems.map(problemText), ...(left > 0 ? [`and ${left} more`] : [])]),
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

function markLines({ whole, lawful, headAsNoted, seal, endProven, report }: Verdict, paint: Paint): readonly string[] {
  const good = (is: boolean, [yes, no]: readonly [string, string]): string =>
    is ? paint("good", `✓ ${yes}`) : paint("bad", `✗ ${no}`);
  const isOpen = !report.complete && whole && headAsNoted !== false;
  const end = isOpen ? "UNSEALED: tail not provable, no run.completed" : "UNSEALED: tail not provable";
  return [
    `Chain: ${good(whole, ["WHOLE", "BROKEN"])}`,
    ...(lawful === undefined || !report.laws ? [] : [`Laws: ${good(lawful, ["KEPT", "BROKEN"])}`]),
    `End: ${endProven ? paint("good", "✓ COMPLETE") : paint("doubtful", `? ${end}`)}`,
    ...(seal === undefined || seal.keys === "none"
      ? []
      : [`Seal: ${good(seal.verdict === "valid", [`SIGNED by ${seal.keyId}`, "NOT SIGNED by a known key"])}`]),
    ...(headAsNoted === undefined ? [] : [`Head: ${good(headAsNoted, ["AS NOTED", "ANOTHER"])}`]),
  ];
}

function problemText({ code, seq, toSeq, line, message }: LogProblem): string {
  const places = toSeq === undefined ? `seq ${seq}` : `seq ${seq} to ${toSeq}`;
  return `line ${line}: ${code} (${places}): ${safeText(message)}`;
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}

/** The verdict for programs. */
export function verdictJson(verdict: Verdict): JsonObject {
  const { ok, whole, lawful, headAsNoted, seal, endProven, report, source, problems, problemCount } = verdict;
  return {
    ok,
    whole,
    lawful: lawful ?? null,
    head_as_noted: headAsNoted ?? null,
    end_proven: endProven,
    tail: endProven ? "proven" : "UNSEALED: tail not provable",
    source,
    run_id: report.runId ?? null,
    records: report.records,
    head: report.head ?? null,
    complete: report.complete,
    signed: report.end === "sealed",
    seal: seal === undefined ? null : { key_id: seal.keyId, verdict: seal.verdict, keys: seal.keys },
    plan_hash: report.planHash ?? null,
    plan_compared: report.planCompared,
    receipts_compared: report.receipts,
    steps: snakeCase(report.steps),
    problems: problems.map(({ code, seq, toSeq, line, message }) => ({
      code,
      seq,
      to_seq: toSeq ?? null,
      line,
      message,
    })),
    problem_count: problemCount,
    proven: verdict.proven,
    not_proven: verdict.notProven,
  };
}
