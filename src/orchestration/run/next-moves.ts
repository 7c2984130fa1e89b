import type { BlockCause } from "./run-records.ts";
import type { JobState } from "./job-state.ts";
import type { RunState } from "./run-state.ts";

/** What a run does next. */
export type Move =
  | { readonly kind: "start"; readonly job: JobState }
  | { readonly kind: "compensate" | "probe"; readonly job: JobState }
  | { readonly kind: "open_gate"; readonly job: JobState }
  | { readonly kind: "skip"; readonly job: JobState; readonly reason: string }
  | { readonly kind: "block"; readonly cause: BlockCause; readonly reason: string }
  | {
      readonly kind: "complete";
      readonly status: "succeeded" | "failed" | "cancelled" | "rolled_back";
      readonly reason: string;
    };

/** What the decision needs beside the state. */
export interface MoveFacts {
  /** Whether a job of this concurrency key may start now, given those that were decided already. */
  readonly mayStart: (job: JobState) => boolean;
}

/**
 * Decides what follows from the state: the same records lead to the same moves. Whoever asks carries all of them out and
 * records them before asking again; an empty list = something has to happen first.
 */
export function nextMoves(state: RunState, facts: MoveFacts): readonly Move[] {
  if (state.status === "rolling_back") return rollbackMoves(state);
  if (state.status === "blocked")
    return state.stop?.kind === "cancel" && state.running.size === 0 ? restMoves(state) : [];
  if (state.status !== "executing") return [];
  if (state.stop === undefined) {
    const probes = state
      .takeProbesDue()
      .filter(({ status }) => status === "in_doubt")
      .map((job): Move => ({ kind: "probe", job }));
    const moves = [...probes, ...lostJobs(state), ...gates(state), ...starts(state, facts)];
    if (moves.length > 0) return moves;
  }
  return state.running.size > 0 ? [] : restMoves(state);
}

/** Jobs that cannot run any more, because one that they need has failed or was rejected. */
function lostJobs(state: RunState): readonly Move[] {
  const moves: Move[] = [];
  const seen = new Set<string>();
  for (const lost of state.takeLost()) {
    const cause = state.jobs.get(lost);
    if (cause === undefined || !state.failures.has(lost)) continue;
    const rejected = cause.status === "blocked";
    if (rejected) moves.push({ kind: "skip", job: cause, reason: cause.reason ?? "its gate was rejected" });
    const reason = `needs ${lost}, which ${rejected ? "was rejected" : "failed"}`;
    const waiting = [lost];
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      for (const next of state.dependents.get(key) ?? []) {
        const job = state.job(next);
        if (seen.has(next) || (job.status !== "pending" && job.status !== "blocked")) continue;
        seen.add(next);
        moves.push({ kind: "skip", job, reason });
        waiting.push(next);
      }
    }
  }
  return moves;
}

/** A gate is opened as soon as what its job needs has succeeded: it takes no worker. */
function gates(state: RunState): readonly Move[] {
  if (state.stoppedBy !== undefined) return [];
  return state
    .takeGatesDue()
    .filter(({ status, unmet, approved }) => status === "pending" && unmet === 0 && !approved)
    .map((job) => (isAsked(state, job) ? { kind: "open_gate", job } : { kind: "skip", job, reason: NOT_ASKED }));
}

function isAsked({ only }: RunState, { job }: JobState): boolean {
  return only === undefined || only.has(job.key);
}

function starts(state: RunState, { mayStart }: MoveFacts): readonly Move[] {
  const moves: Move[] = [];
  let free = state.stoppedBy === undefined ? state.plan.maxWorkers - state.running.size : 0;
  while (free > 0) {
    const job = state.takeReady();
    if (job === undefined) break;
    if (!isAsked(state, job)) moves.push({ kind: "skip", job, reason: NOT_ASKED });
    else if (mayStart(job)) {
      free -= 1;
      moves.push({ kind: "start", job });
    } else state.park(job);
  }
  return moves;
}

const NOT_ASKED = "not asked for by this resume";

/** Nothing runs and nothing starts: the run waits for somebody, or has come to its end. */
function restMoves(state: RunState): readonly Move[] {
  const { stop, stoppedBy } = state;
  if (stop?.kind === "cancel") return ended(state, cancelled(stop), "the run was cancelled");
  if (stop?.kind === "drain" && stoppedBy === undefined && hasMoreToDo(state))
    return [{ kind: "block", cause: "stopped", reason: stop.reason }];
  if (stoppedBy === undefined) {
    if (state.hasParked || state.delayed.size > 0) return [];
    if (state.openGates.size > 0)
      return [{ kind: "block", cause: "gate", reason: `waiting for somebody to approve ${listed(state.openGates)}` }];
  }
  if (state.inDoubt.size > 0) return [{ kind: "block", cause: "in_doubt", reason: inDoubtReason(state) }];
  return ended(state, verdict(state), stoppedBy === undefined ? NOT_ASKED : `the run stopped: job ${stoppedBy} failed`);
}

function hasMoreToDo(state: RunState): boolean {
  if (state.openGates.size > 0) return true;
  for (const { status, interrupted } of state.jobs.values())
    if (status === "pending" || status === "retrying" || (status === "failed" && interrupted)) return true;
  return state.hasProbesDue;
}

function ended(state: RunState, complete: Move, skipReason: string): readonly Move[] {
  const left = [...state.jobs.values()].filter(({ status }) => status === "pending" || status === "blocked");
  return [...left.map((job): Move => ({ kind: "skip", job, reason: skipReason })), complete];
}

function cancelled({ cancelledBy, reason }: { readonly cancelledBy: string; readonly reason: string }): Move {
  return { kind: "complete", status: "cancelled", reason: `cancelled by ${cancelledBy}: ${reason}` };
}

/** The one verdict: a run succeeded if and only if every job of its plan has. */
function verdict(state: RunState): Move {
  const failed = [...state.jobs.values()].filter(({ status }) => status === "failed" || status === "retrying");
  const missing = [...state.jobs.values()].filter(({ status }) => status !== "succeeded");
  if (missing.length === 0) return { kind: "complete", status: "succeeded", reason: "All jobs succeeded" };
  const [first] = failed.length > 0 ? failed : missing;
  const key = first?.job.key ?? "";
  const more = missing.length > 1 ? `; ${missing.length} of ${state.jobs.size} jobs have not succeeded` : "";
  const why =
    failed.length > 0 ? `Job ${key} failed: ${first?.reason ?? ""}` : `Job ${key} was skipped: ${first?.reason ?? ""}`;
  return { kind: "complete", status: "failed", reason: `${why}${more}` };
}

/** Compensations run one at a time, the last success first. */
function rollbackMoves(state: RunState): readonly Move[] {
  if (state.running.size > 0) return [];
  const [failure] = state.failures;
  if (failure !== undefined) {
    const reason = `The rollback stopped: ${failure} failed: ${state.jobs.get(failure.split(":")[0] ?? "")?.reason ?? ""}`;
    return [{ kind: "complete", status: "failed", reason }];
  }
  if (state.stop !== undefined)
    return [{ kind: "complete", status: "failed", reason: `The rollback was stopped: ${state.stop.reason}` }];
  for (const key of state.successes.toReversed()) {
    const job = state.job(key);
    if (job.status === "succeeded" && job.job.compensate.length > 0) return [{ kind: "compensate", job }];
  }
  return [{ kind: "complete", status: "rolled_back", reason: "Every job that can be undone was undone" }];
}

function inDoubtReason(state: RunState): string {
  return `in doubt: ${listed(state.inDoubt)}; say what became of it (mark-succeeded), or that it may run again (resume --rerun)`;
}

function listed(keys: ReadonlySet<string>): string {
  const names = [...keys].slice(0, 10);
  return keys.size > names.length ? `${names.join(", ")} and ${keys.size - names.length} more` : names.join(", ");
}
