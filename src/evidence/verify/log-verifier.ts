import { Anchors } from "./anchors.ts";
import { ChainWalk } from "./chain-walk.ts";
import type { PlacedLine } from "./chain-walk.ts";
import { ContentCheck } from "./content.ts";
import type { ContractFacts } from "./laws/contract-story.ts";
import { LogLaws } from "./laws/log-laws.ts";
import type { ToldByLog } from "./laws/log-laws.ts";
import type { StepCounts } from "./laws/run-laws.ts";
import { endedWith } from "../log-kind.ts";
import type { LogKind } from "../log-kind.ts";
import { isEndOfFailure, opensAgain } from "../opened-again.ts";
import { Problems, shown } from "./problems.ts";
import type { LogProblem, ProblemCode } from "./problems.ts";
import { openLine } from "./open-line.ts";
import type { SaidRecord } from "./said-record.ts";
import type { VerifyOptions } from "./verify-options.ts";

/** What a verification found. */
export interface LogReport {
  /** Whether every line holds, and the records keep the laws. It says nothing of the outcome of the run. */
  readonly ok: boolean;
  /** What the log tells, as its first record says. */
  readonly kind: LogKind;
  /** Whose log it is: the run, or the contract. */
  readonly runId: string | undefined;
  /** Number of lines read. */
  readonly records: number;
  /** Hash of the last line before the first problem; of the last line if there is none. */
  readonly head: string | undefined;
  /**
   * Whether the last word was said: a run's log ends with `run.completed`, and nobody has opened the run again; a contract is in
   * a state that it cannot leave.
   */
  readonly complete: boolean;
  /**
   * Whether it is proven that nothing is missing at the end: by a seal, or by a receipt for the last line. Else nobody can tell
   * whether lines are missing, or whether the whole was written anew.
   */
  readonly end: "sealed" | "witnessed" | "unproven";
  /** What the log says of its plan; of a contract's, of the one that was approved. */
  readonly planHash: string | undefined;
  /** Whether `planHash` was compared with one that was given; of a contract only if it was approved. */
  readonly planCompared: boolean;
  /** Receipts that were compared. */
  readonly receipts: number;
  /** Whether the records were held to the laws. */
  readonly laws: boolean;
  /** What the records say of steps; all attempts together. */
  readonly steps: StepCounts;
  /** What a contract's log says of it, as far as the lines hold; undefined of a run's, and if the laws were not looked at. */
  readonly contract: ContractFacts | undefined;
  /** The first 100 problems. */
  readonly problems: readonly LogProblem[];
  /** Problems in all. */
  readonly problemCount: number;
}

/** Verifies a log line by line, in one pass and bounded memory; each cause of a problem is named once. */
export class LogVerifier {
  readonly #options: VerifyOptions;
  readonly #problems = new Problems();
  readonly #walk: ChainWalk;
  readonly #anchors: Anchors;
  readonly #content = new ContentCheck(this.#problems);
  #laws: LogLaws | undefined;
  #planHash: string | undefined;
  #planCompared = false;
  #head: string | undefined;
  #complete = false;
  /** Whether the last word was said: as the seal has it, or else by `run.completed`. */
  #ended = false;
  /** The record that has ended the run, if it may be opened again. */
  #failure: SaidRecord | undefined;
  /** Whether the lines that are read stand behind the sealed ones. */
  #isPastSeal = false;
  readonly #namedAfterEnd = new Set<ProblemCode>();
  #finished = false;

  constructor(options: VerifyOptions = {}) {
    this.#options = options;
    const runId = options.runId ?? options.sealed?.runId;
    this.#anchors = new Anchors(options, this.#problems);
    this.#walk = new ChainWalk({ runId, problems: this.#problems, onPlaced: (line) => this.#placed(line) });
  }

  /** Takes the next line, without its line feed. */
  line(bytes: Buffer): void {
    if (this.#ended && !this.#opensAgain(bytes)) this.#afterTheEnd(bytes);
    else this.#walk.take(bytes);
  }

  /** A run that failed can go on in its own log: then the lines that come are judged like those before. */
  #opensAgain(bytes: Buffer): boolean {
    if (this.#failure === undefined || this.#namedAfterEnd.has("APPENDED_AFTER_SEAL")) return false; // one cause, one name
    if (!opensAgain(this.#failure, openLine(bytes).record ?? {})) return false;
    this.#failure = undefined;
    this.#ended = false;
    return true;
  }

  /** Tells of bytes after the last line feed. */
  torn(): void {
    this.#finishWalk();
    const line = this.#walk.lines + 1;
    const message = "the file ends in the middle of a line: it was cut";
    const isEnd = this.#ended && this.#failure === undefined; // behind a failure it may be the beginning of a resumption
    if (isEnd) this.#nameAfterEnd("APPENDED_AFTER_SEAL", { line, message: AFTER_END });
    else this.#problems.add({ code: "TORN_TAIL", seq: this.#walk.next, line, message });
  }

  /** Tells of bytes that are no line and end the reading. */
  unreadable(message: string): void {
    this.#finishWalk();
    this.#problems.add({ code: "MALFORMED", seq: this.#walk.next, line: this.#walk.lines + 1, message });
  }

  #placed(line: PlacedLine): void {
    const { record, seq } = line;
    this.#anchors.placed(line);
    this.#content.placed(line, this.#walk.runId);
    const { kind } = this.#content;
    if (seq === 0 && this.#options.laws !== false) this.#laws = new LogLaws(kind, this.#problems);
    if (kind === "run" ? seq === 0 : isApproval(record)) this.#checkPlan(line);
    if (seq === this.#options.sealed?.size) this.#goneOnAfterSeal(line);
    this.#complete = record.event_type === "run.resumed" ? false : this.#complete || endedWith(record, false);
    if (this.#problems.ofLines > 0) return;
    this.#laws?.placed(line);
    if (this.#problems.count === 0) this.#head = line.hash;
    const bySeal = this.#options.sealed !== undefined && !this.#isPastSeal;
    // Of a contract more may be told when it has ended, and the laws say what: its state ends it, not its last line.
    this.#ended = bySeal ? this.#anchors.sealReached : this.#complete && kind === "run";
    this.#failure = this.#ended && isEndOfFailure(record) ? record : undefined;
  }

  /**
   * The seal is over a failed end behind which the run was opened again. That is legal, and everybody who can write to the log
   * can write it: so it is a problem and not a mere doubt, until a seal over the longer log is shown.
   */
  #goneOnAfterSeal({ seq, line }: PlacedLine): void {
    this.#isPastSeal = true;
    const message = `the run was resumed behind the ${seq} lines that the seal covers: all from here on is proven by no seal; verify it with the one that is made when the run has ended again`;
    this.#problems.add({ code: "RESUMED_AFTER_SEAL", seq, line, message });
  }

  #checkPlan({ record, seq, line }: PlacedLine): void {
    const { plan_hash: said } = record;
    this.#planHash = typeof said === "string" ? said : undefined;
    const { planHash, sealed } = this.#options;
    const given = typeof planHash === "function" ? planHash(record) : planHash;
    this.#planCompared = given !== undefined;
    for (const expected of new Set([given, sealed?.planHash])) {
      if (expected === undefined || expected === said) continue;
      const message = `plan_hash is ${shown(said)}, expected ${shown(expected)}: another plan was run`;
      this.#problems.add({ code: "OTHER_PLAN", seq, line, message });
    }
  }

  #afterTheEnd(bytes: Buffer): void {
    const { hash } = openLine(bytes);
    const line = (this.#walk.lines += 1);
    if (hash === this.#walk.head)
      this.#nameAfterEnd("DUPLICATE", { line, message: "the last line stands here a second time" });
    else this.#nameAfterEnd("APPENDED_AFTER_SEAL", { line, message: AFTER_END });
  }

  #nameAfterEnd(code: ProblemCode, { line, message }: Pick<LogProblem, "line" | "message">): void {
    if (!this.#namedAfterEnd.has(code)) this.#problems.add({ code, seq: line - 1, line, message });
    this.#namedAfterEnd.add(code);
  }

  #finishWalk(): void {
    if (!this.#finished) {
      this.#walk.finish(this.#options.sealed);
      this.#anchors.settle();
    }
    this.#finished = true;
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finishWalk();
    const { next: size, lines } = this.#walk;
    this.#anchors.finish({ size, line: lines + 1 });
    if (lines === 0 && this.#problems.count === 0)
      this.#problems.add({ code: "TRUNCATED", seq: 0, line: 1, message: "the log is empty" });
  }

  /** What was found. Nothing can be taken after it. */
  report(): LogReport {
    this.#finish();
    const { count, kept } = this.#problems;
    const ok = count === 0;
    const sealed = ok && this.#anchors.sealReached;
    const witnessed = ok && this.#complete && this.#anchors.covers(this.#walk.next - 1);
    return {
      ok,
      kind: this.#content.kind,
      runId: this.#walk.runId,
      records: this.#walk.lines,
      head: (this.#anchors.rewrittenAfter ?? { head: this.#head }).head,
      complete: this.#complete,
      end: sealed ? "sealed" : witnessed ? "witnessed" : "unproven",
      planHash: this.#planHash,
      planCompared: this.#planCompared,
      receipts: this.#options.expected?.size ?? 0,
      laws: this.#laws !== undefined,
      ...(this.#laws?.told ?? NOTHING_TOLD),
      problems: kept,
      problemCount: count,
    };
  }
}

const AFTER_END = "this stands after the end: after the last line that was sealed, or after run.completed";
const NOTHING_TOLD: ToldByLog = {
  steps: { declared: 0, started: 0, succeeded: 0, failed: 0, inDoubt: 0 },
  contract: undefined,
};

function isApproval({ event_type: type, status }: SaidRecord): boolean {
  return type === "contract.transitioned" && status === "APPROVED";
}
