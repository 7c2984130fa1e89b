import type { EvidenceStore } from "../evidence-store.ts";
import { HistoryIntake } from "./history-intake.ts";
import { headsFromNewest } from "./missed-runs.ts";
import type { RunHistory } from "./run-history.ts";

/** How far a rebuilding is. */
export interface RebuildProgress {
  readonly done: number;
  readonly runs: number;
}

/** What a rebuilding is done with. */
export interface RebuildOptions {
  readonly onProgress: (progress: RebuildProgress) => void;
  /** Told of each run whose log cannot be read: it is not in the history. */
  readonly onProblem: (error: unknown, runId: string) => void;
}

/** Takes every run of the store into an empty history, the oldest first. Returns how many there are. */
export async function rebuildHistory(
  history: RunHistory,
  store: EvidenceStore,
  { onProgress, onProblem }: RebuildOptions,
): Promise<number> {
  const intake = new HistoryIntake({ history, store, onProblem });
  const runIds: string[] = [];
  for await (const { runId } of headsFromNewest(store)) runIds.push(runId);
  for (const [place, runId] of runIds.toReversed().entries()) {
    onProgress({ done: place, runs: runIds.length });
    await intake.catchUp(runId);
  }
  onProgress({ done: runIds.length, runs: runIds.length });
  return runIds.length;
}
