import type { EvidenceStore, RunHead } from "../evidence-store.ts";
import { isSaid } from "./history-intake.ts";
import type { RunHistory } from "./run-history.ts";

const PAGE = 1000;

/**
 * Runs of which the store may have more than the history. A crash costs the newest records only: so these are of
 * runs that are newer than all that the history knows, or that it or the store has not seen the end of, or that were opened again.
 */
export async function missedRuns(history: RunHistory, store: EvidenceStore): Promise<readonly string[]> {
  const newer: string[] = [];
  for await (const { runId } of headsFromNewest(store)) {
    if (history.position(runId) !== undefined) break;
    newer.push(runId);
  }
  const changed = [...(await store.openRuns()), ...(await store.reopenedRuns())].filter((head) =>
    isBehind(history, head),
  );
  const open = history.openRuns().map(({ runId }) => runId);
  const known = await notInStep(store, open, history);
  // Those that it does not know come first, in their order: a process that dies now leaves the newest of them.
  return [...new Set([...newer.toReversed(), ...changed.map(({ runId }) => runId), ...known])];
}

async function notInStep(
  store: EvidenceStore,
  runIds: readonly string[],
  history: RunHistory,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const runId of runIds) {
    const head = await store.head(runId);
    if (head === undefined || isBehind(history, head)) found.push(runId);
  }
  return found;
}

/** Whether the history knows another end of a log than the store. */
export function isBehind(history: RunHistory, { runId, size, hash }: RunHead): boolean {
  const known = history.position(runId);
  return known === undefined || known.size !== size || known.hash !== hash;
}

/** Every run of the store, the newest first. */
export async function* headsFromNewest(store: EvidenceStore): AsyncGenerator<RunHead, void, void> {
  let before: string | undefined;
  for (;;) {
    const heads = await store.runs({ limit: PAGE, ...(before !== undefined && { before }) });
    yield* heads;
    before = heads.at(-1)?.runId;
    if (before === undefined) return;
  }
}

/** Why a history is of other logs than the store's; undefined if it is of these, as far as its newest run tells. */
export async function foreignTo(history: RunHistory, store: EvidenceStore): Promise<string | undefined> {
  const newest = history.newest();
  if (newest === undefined || (await isSaid(store, newest))) return undefined;
  return `its newest run, ${newest.runId}, is not in this store with the ${newest.size} records that it knows`;
}
