import { readInstant } from "../instant.ts";
import { isNamed } from "../named.ts";
import { listOf, membersOf } from "../unread.ts";
import { readJournal } from "./read-journal.ts";
import type { ReadJournal } from "./read-journal.ts";

/** An approved step that could be read. */
export interface ReadApprovedStep {
  readonly stepType: string;
  readonly target: string;
  readonly inputsHash: string;
  readonly after: unknown;
}

/** What was approved; undefined stands for what could not be read. */
export interface ReadApproved {
  readonly contractId: string | undefined;
  readonly jobId: string | undefined;
  /** Each at its index. */
  readonly steps: readonly ReadApprovedStep[] | undefined;
  readonly scope: ReadonlySet<string> | undefined;
  readonly opensMs: number | undefined;
  readonly endsMs: number | undefined;
}

/** A step of the log; what is not there is undefined and equals nothing that was approved. */
export interface ReadLoggedStep {
  readonly stepIndex: unknown;
  readonly stepType: unknown;
  readonly target: unknown;
  readonly status: unknown;
  readonly inputsHash: unknown;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
}

/** What a whole chain proves. */
export interface ReadLog {
  readonly jobId: unknown;
  readonly contractId: unknown;
  readonly ended: unknown;
  readonly finalStatus: unknown;
  readonly steps: readonly ReadLoggedStep[] | undefined;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
}

/** A signal; undefined stands for what could not be read. */
export interface ReadSignal {
  readonly source: unknown;
  readonly status: unknown;
  readonly scope: string | undefined;
}

/** The facts as the checks use them. */
export interface ReadAudit {
  readonly approved: ReadApproved;
  /** Undefined unless the chain is whole: a log that may have been changed proves nothing. */
  readonly log: ReadLog | undefined;
  readonly isChainBroken: boolean;
  readonly healthBefore: unknown;
  readonly healthAfter: unknown;
  readonly signals: readonly ReadSignal[] | undefined;
  readonly journal: ReadJournal;
  /** Undefined = unreadable; a key that stands there twice is unreadable too, so it is left out. */
  readonly standing: ReadonlyMap<string, unknown> | undefined;
}

/** Reads facts of which nothing is believed, not even their form. Never throws on a JSON value. */
export function readAuditFacts(facts: unknown): ReadAudit {
  const members = membersOf(facts);
  const approved = readApproved(members["approved"]);
  const { chain } = membersOf(members["log"]);
  return {
    approved,
    log: chain === "whole" ? readLog(members["log"]) : undefined,
    isChainBroken: chain === "broken",
    healthBefore: members["healthBefore"],
    healthAfter: members["healthAfter"],
    signals: listOf(members["signals"])?.map(readSignal),
    journal: readJournal(members["journal"], approved.jobId),
    standing: readStanding(members["standing"]),
  };
}

function readApproved(value: unknown): ReadApproved {
  const { contractId, jobId, steps, scope, activatedAt, activationEndsAt } = membersOf(value);
  const read = listOf(steps)?.map(readApprovedStep);
  const keys = listOf(scope);
  return {
    contractId: isNamed(contractId) ? contractId : undefined,
    jobId: isNamed(jobId) ? jobId : undefined,
    steps: read?.every((step) => step !== undefined) === true ? read : undefined,
    scope: keys?.every(isNamed) === true ? new Set(keys) : undefined,
    opensMs: readInstant(activatedAt),
    endsMs: readInstant(activationEndsAt),
  };
}

function readApprovedStep(value: unknown, position: number): ReadApprovedStep | undefined {
  const { stepIndex, stepType, target, inputsHash, after } = membersOf(value);
  if (stepIndex !== position || !isNamed(stepType) || !isNamed(target) || !isNamed(inputsHash)) return undefined;
  return after === undefined ? undefined : { stepType, target, inputsHash, after };
}

function readLog(value: unknown): ReadLog {
  const { jobId, contractId, ended, finalStatus, steps, startedAt, endedAt } = membersOf(value);
  return {
    jobId,
    contractId,
    ended,
    finalStatus,
    steps: listOf(steps)?.map(readLoggedStep),
    startedMs: readInstant(startedAt),
    endedMs: readInstant(endedAt),
  };
}

function readLoggedStep(value: unknown): ReadLoggedStep {
  const { stepIndex, stepType, target, status, inputsHash, startedAt, endedAt } = membersOf(value);
  const [startedMs, endedMs] = [readInstant(startedAt), readInstant(endedAt)];
  return { stepIndex, stepType, target, status, inputsHash, startedMs, endedMs };
}

function readSignal(value: unknown): ReadSignal {
  const { source, status, scope } = membersOf(value);
  return { source, status, scope: isNamed(scope) ? scope : undefined };
}

function readStanding(value: unknown): ReadonlyMap<string, unknown> | undefined {
  const list = listOf(value);
  if (list === undefined) return undefined;
  const values = new Map<string, unknown>();
  const twice = new Set<string>();
  for (const item of list) {
    const { key, value: stands } = membersOf(item);
    if (typeof key !== "string") continue;
    if (values.has(key)) twice.add(key);
    values.set(key, stands);
  }
  for (const key of twice) values.delete(key);
  return values;
}
