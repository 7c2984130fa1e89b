import { isEndOfFailure, opensAgain, saidBy } from "./opened-again.ts";
import type { EventType } from "./record.ts";

/** What a log tells: the story of a run, that of a contract, or which calls were denied. No record of one kind stands in another. */
export type LogKind = "run" | "contract" | "denials";

/** What is looked at of a record for these questions; whoever wrote a line may have written anything. */
interface Said {
  readonly event_type?: unknown;
  readonly status?: unknown;
}

/** The record that a log begins with, and that stands nowhere else. */
export const OPENINGS: Readonly<Record<LogKind, EventType>> = {
  run: "run.created",
  contract: "contract.submitted",
  denials: "denials.opened",
};

const OF_CONTRACTS = "contract.";
const OF_DENIALS = "denials.";
const END_OF_DENIALS = "denials.closed";

/** The states that a contract cannot leave. */
const TERMINAL: ReadonlySet<unknown> = new Set(["COMPLETED", "FAILED", "REJECTED", "EXPIRED"]);

/** What may still be said of a contract when its last state is reached: that state stays. */
const BEHIND_TERMINAL: ReadonlySet<unknown> = new Set(["contract.verdict", "contract.rollback", "contract.rollout"]);

/** The kind of the log that a record stands in; of a log of which only its first record is known, that is its kind. */
export function kindOfLog({ event_type: type }: Said): LogKind {
  if (typeof type !== "string") return "run";
  if (type.startsWith(OF_CONTRACTS)) return "contract";
  return type.startsWith(OF_DENIALS) ? "denials" : "run";
}

/** Whether a record may stand behind the terminal state of a contract. */
export function isBehindTerminal({ event_type: type }: Said): boolean {
  return BEHIND_TERMINAL.has(type);
}

/** Whether a record brings a contract to a state that it cannot leave. */
export function isTerminal({ event_type: type, status }: Said): boolean {
  return type === "contract.transitioned" && TERMINAL.has(status);
}

/** Whether the last word is said when `record` stands at the end of its log; `wasEnded` is whether it was said before. */
export function endedWith(record: Said, wasEnded: boolean): boolean {
  if (isBehindTerminal(record)) return wasEnded;
  const { event_type: type } = record;
  return type === "run.completed" || type === END_OF_DENIALS || isTerminal(record);
}

/** The same for records that are added in order. */
export function endedAfter(records: readonly Said[], wasEnded: boolean): boolean {
  return records.reduce((ended, record) => endedWith(record, ended), wasEnded);
}

/** The same for a line; only those of contracts, which are few, are parsed for it. */
export function endedWithLine(line: string, wasEnded: boolean): boolean {
  const type = line.indexOf('"event_type":') + 13;
  if (line.startsWith(`"${OF_CONTRACTS}`, type)) return endedWith(saidBy(line), wasEnded);
  return line.startsWith('"run.completed"', type) || line.startsWith(`"${END_OF_DENIALS}"`, type);
}

/** Whether records that are added in one go can stand behind an end; behind which, `mayStandBehind` says of the first. */
export function areForBehind([first, ...others]: readonly Said[]): boolean {
  if (first?.event_type === "run.resumed") return true;
  return first !== undefined && isBehindTerminal(first) && others.every(isBehindTerminal);
}

/** Whether anything at all may stand behind the last record of a log that has ended. */
export function mayGoOnBehind(last: Said): boolean {
  return isEndOfFailure(last) || kindOfLog(last) === "contract";
}

/** Whether `next` may stand right behind `last`, the last record of a log that has ended. */
export function mayStandBehind(last: Said, next: Said): boolean {
  return opensAgain(last, next) || (kindOfLog(last) === "contract" && isBehindTerminal(next));
}
