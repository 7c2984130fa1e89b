import type { JsonObject } from "#model";
import { fit, pad, widthOf } from "../text/fit.ts";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";
import type { LogHead } from "./run-view.ts";

/** A run of a list. */
export interface RunSummary {
  readonly runId: string;
  /** Whether its log has its last word. */
  readonly complete: boolean;
  readonly log: LogHead;
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
  const lines = runs.map(({ runId, complete, log }) => {
    const state = complete ? paint("quiet", "■ ended") : paint("strong", "▸ open ");
    const facts = `${pad(safeText(runId), ids)}  ${`${log.records} rec.`.padStart(RECORDS_COLUMNS)}  ${safeText(log.head)}`;
    return `${state}  ${fit(facts, columns - "■ ended  ".length)}`;
  });
  return [...lines, ...(more ? [`... there may be more; --limit lists more`] : []), ""].join("\n");
}

/** The list for programs. */
export function runListJson({ runs, more }: RunList): JsonObject {
  return {
    runs: runs.map(({ runId, complete, log: { records, head } }) => ({ run_id: runId, complete, records, head })),
    more,
  };
}
