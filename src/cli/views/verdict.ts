import { LAW_CODES, snakeCase } from "#evidence";
import type { LogProblem, LogReport, ProblemCode } from "#evidence";
import type { JsonObject } from "#model";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import { counted } from "../text/words.ts";
import { contractJson, contractLines } from "./contract-verdict.ts";
import { notProvenBy, provenBy } from "./proven.ts";
import type { ProofFacts, SealFinding } from "./proven.ts";

/** What was asked of a verification. */
export interface Expectation {
  /** The run or the file, as the caller named it. */
  readonly source: string;
  /** The head that the caller has noted. */
  readonly expectedHead?: string;
  /** What was found of the log's seal; absent = there is none. */
  readonly seal?: SealFinding;
}

/** What is proven of a log, and what is not. */
export interface Verdict extends ProofFacts {
  /** Whether nothing speaks against the log: every line holds, the records keep the laws, and all is as it was noted. */
  readonly ok: boolean;
  /**
   * Whether nothing is left open that the log could still tell: its end is proven; or, as contracts have no seals, it is a contract's
   * log in which all holds, and the contract is in a state that it cannot leave.
   */
  readonly settled: boolean;
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
  const facts: ProofFacts = {
    whole: !broken,
    lawful: broken ? undefined : !report.problems.some(({ code }) => isLaw(code)),
    headAsNoted,
    seal,
    isBehind,
    endProven: report.ok && complete && other.length === 0 && (end !== "unproven" || headAsNoted === true),
    report,
  };
  const ok = report.ok && other.length === 0;
  return {
    ok,
    ...facts,
    settled: facts.endProven || (ok && complete && report.kind === "contract"),
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

/** How a verdict is to be written. */
export interface VerdictStyle {
  readonly paint: Paint;
}

const RULE_COLUMNS = 60;

/** The verdict for people. */
export function verdictText(verdict: Verdict, { paint }: VerdictStyle): string {
  const { whole, report, source, problems, problemCount } = verdict;
  const { kind, runId, records, head, contract } = report;
  const left = problemCount - problems.length;
  return [
    paint("strong", `Verification: ${safeText(source)}`),
    "=".repeat(RULE_COLUMNS),
    ...markLines(verdict, paint),
    `${kind === "run" ? "Run" : "Contract"}: ${safeText(runId ?? "unknown")}`,
    ...(contract === undefined ? [] : contractLines(contract)),
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
  const missing = report.kind === "run" ? "no run.completed" : "no terminal state";
  const end = isOpen ? `UNSEALED: tail not provable, ${missing}` : "UNSEALED: tail not provable";
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
    kind: report.kind,
    run_id: report.runId ?? null,
    contract: report.contract === undefined ? null : contractJson(report.contract),
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
