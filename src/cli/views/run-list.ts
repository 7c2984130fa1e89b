import type { ToldRun } from "#api";
import type { JsonObject } from "#model";
import { fit, pad, widthOf } from "../text/fit.ts";
import { plain } from "../text/paint.ts";
import type { Paint } from "../text/paint.ts";
import { runWord } from "../text/run-words.ts";
import { safeText } from "../text/safe-text.ts";
import type { LogHead } from "./run-view.ts";

/** A run of a list. */
export interface RunSummary {
  readonly runId: string;
  /** Whether its log has its last word. */
  readonly complete: boolean;
  /** Absent where it was not asked for. */
  readonly log?: LogHead;
  /** What it says of itself, if it is the run of a plan. */
  readonly plan?: ToldRun;
}

/** Runs, newest first. */
export interface RunList {
  readonly runs: readonly RunSummary[];
  /** Whether there may be more. */
  readonly more: boolean;
}

const RECORDS_COLUMNS = 9;

/** One line a run: whether it has ended, its id, its records, its head. */
export function runListText(
  { runs, more }: RunList,
  { paint, columns }: { readonly paint: Paint; readonly columns: number },
): string {
  if (runs.length === 0) return "No runs.\n";
  const ids = Math.max(...runs.map(({ runId }) => widthOf(safeText(runId))));
  const states = Math.max(...runs.map((run) => widthOf(stateOf(run, plain))));
  const lines = runs.map((run) => {
    const facts = `${pad(safeText(run.runId), ids)}  ${factsOf(run)}`;
    const space = " ".repeat(states - widthOf(stateOf(run, plain)));
    return `${stateOf(run, paint)}${space}  ${fit(facts, columns - states - 2)}`;
  });
  return [...lines, ...(more ? [`... there may be more; --limit lists more`] : []), ""].join("\n");
}

/** Glyph and word of its state: of a direct job, whether it has ended. */
function stateOf({ complete, plan }: RunSummary, paint: Paint): string {
  if (plan === undefined) return complete ? paint("quiet", "■ ended") : paint("strong", "▸ open ");
  return runWord(plan.status, paint);
}

function factsOf({ log, plan }: RunSummary): string {
  const records = log === undefined ? "" : `${`${log.records} rec.`.padStart(RECORDS_COLUMNS)}  ${safeText(log.head)}`;
  if (plan === undefined) return records;
  const about = `plan ${safeText(plan.name)}  ${plan.createdAt}  ${safeText(plan.reason)}`.trimEnd();
  return log === undefined ? about : `${`${log.records} rec.`.padStart(RECORDS_COLUMNS)}  ${about}`;
}

/** The list for programs. */
export function runListJson({ runs, more }: RunList): JsonObject {
  return {
    runs: runs.map(({ runId, complete, log, plan }) => ({
      run_id: runId,
      complete,
      ...(log !== undefined && { records: log.records, head: log.head }),
      ...(plan !== undefined && planJson(plan)),
    })),
    more,
  };
}

function planJson({ name, status, reason, planHash, submittedBy, createdAt, endedAt }: ToldRun): JsonObject {
  return {
    plan: name,
    status,
    reason,
    plan_hash: planHash,
    submitted_by: submittedBy,
    created_at: createdAt,
    ended_at: endedAt === "" ? null : endedAt,
  };
}
