/** What can be wrong with the lines of a log, and with what was known of it beforehand. */
export const LOG_CODES = [
  "MALFORMED",
  "FOREIGN",
  "EDITED",
  "BROKEN_LINK",
  "MISSING_OR_REORDERED",
  "DUPLICATE",
  "TRUNCATED",
  "APPENDED_AFTER_SEAL",
  "RESUMED_AFTER_SEAL",
  "REWRITTEN",
  "TORN_TAIL",
  "BAD_SIGNATURE",
  "UNKNOWN_KEY",
  "OTHER_PLAN",
  "OTHER_HEAD",
] as const;

/** What can be wrong with what the records say, although their chain holds: the laws of the machine, of states, and of contracts. */
export const LAW_CODES = [
  "EXEC_001_ORDER",
  "EXEC_002_ONE_RESULT",
  "EXEC_003_AFTER_FAILURE",
  "EXEC_006_SECOND_START",
  "ILLEGAL_TRANSITION",
  "WRONG_VERDICT",
  "CONTRACT_STATE",
  "CONTRACT_VERSION",
  "CONTRACT_FOUR_EYES",
  "CONTRACT_GROUND",
  "CONTRACT_VERDICT",
  "CONTRACT_AFTER_END",
  "DENIALS_COUNT",
  "DENIALS_AFTER_END",
  "OTHER_KIND",
] as const;

/** The kind of a problem; a closed list. */
export type ProblemCode = (typeof LOG_CODES)[number] | (typeof LAW_CODES)[number];

/** One thing that does not hold. */
export interface LogProblem {
  readonly code: ProblemCode;
  /** Place in the log, 0-based. Of the first problem: the number of lines before it, all of which hold. */
  readonly seq: number;
  /** REWRITTEN only: the last place of the interval in which something was changed. */
  readonly toSeq?: number;
  /** Line of the file, 1-based. */
  readonly line: number;
  /** What is wrong, in words. */
  readonly message: string;
}

const PROBLEMS_KEPT = 100;
const SHOWN_CHARACTERS = 80;

/** Problems that leave the records as they are: what they say can still be judged. */
const NOT_OF_LINES: ReadonlySet<string> = new Set([...LAW_CODES, "RESUMED_AFTER_SEAL"]);

/** The problems of one verification: the first 100, and how many there were. */
export class Problems {
  readonly kept: LogProblem[] = [];
  count = 0;
  /** Of these, how many say that lines are not what was written: after one of them nothing can be said of the laws. */
  ofLines = 0;

  add(problem: LogProblem): void {
    this.count += 1;
    if (!NOT_OF_LINES.has(problem.code)) this.ofLines += 1;
    if (this.kept.length < PROBLEMS_KEPT) this.kept.push(problem);
  }
}

/** What a line names, as a key: whatever its owner wrote, it is a text. */
export function named(value: unknown): string {
  return typeof value === "string" ? value : shown(value);
}

/** What a line says, for a message: short, whatever its owner wrote. It came out of JSON, so it goes into it. */
export function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, SHOWN_CHARACTERS);
}
