import type { EvidenceStore } from "../evidence-store.ts";
import { headsFromNewest, isBehind } from "./missed-runs.ts";
import type { RunHistory } from "./run-history.ts";

/** How a history stands to the logs. */
export interface HistoryComparison {
  /** Runs of the store. */
  readonly runs: number;
  /** Number of those that the history does not know, or knows another end of. */
  readonly behind: number;
  /** One of them, the newest. */
  readonly newestBehind: string | undefined;
  /** Runs of the history that the store does not have. */
  readonly unknown: number;
}

/** Compares how far the history knows each run with how far its log goes. */
export async function compareHistory(history: RunHistory, store: EvidenceStore): Promise<HistoryComparison> {
  let [runs, behind, missing] = [0, 0, 0];
  let newestBehind: string | undefined;
  for await (const head of headsFromNewest(store)) {
    runs += 1;
    if (history.position(head.runId) === undefined) missing += 1;
    if (!isBehind(history, head)) continue;
    behind += 1;
    newestBehind ??= head.runId;
  }
  return { runs, behind, newestBehind, unknown: Math.max(0, history.count() - (runs - missing)) };
}
