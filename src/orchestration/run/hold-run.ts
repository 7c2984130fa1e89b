import type { EvidenceStore } from "#evidence";
import type { Clock } from "#model";
import { Fault } from "#model";
import { firstRecord } from "#worker";
import { isPlanRun, loadRun } from "./load-run.ts";
import type { PlanRun } from "./plan-run.ts";
import { isInterrupted, recoverPlanRun, waitsForAWord } from "./recover-plan-run.ts";

/**
 * Sees to it that this process, and no other one, may write to an open run of a plan, and that nothing of it is left running by a process that
 * is gone. Of a run that has ended, or is none, nothing is done.
 * @throws {Fault} RUN_FENCED if another process holds it
 */
export async function holdRun(store: EvidenceStore, runId: string, clock: Clock): Promise<void> {
  const created = await firstRecord(store, runId);
  if (created === undefined || !isPlanRun(created)) return;
  const head = await store.claim(runId, { hands: "driver" });
  if (head === undefined && (await store.head(runId))?.completed === false) throw heldElsewhere(runId);
  if (head === undefined || store.epochOf(runId) === undefined) return;
  const { state } = await loadRun(store, runId, { verify: false });
  if (isInterrupted(state)) await recoverPlanRun(store, head, { clock, drives: true }); // nobody asks for what is driven here
}

/** Gives up a run with which nothing is left to be done here: for whoever drives it on, or until somebody says something. */
export async function letGoOfRun(store: EvidenceStore, { runId, state, broken }: PlanRun): Promise<void> {
  if (broken || store.halted !== undefined || store.epochOf(runId) === undefined) return;
  if (waitsForAWord(state)) await store.rest(runId);
  else await store.release(runId);
}

function heldElsewhere(runId: string): Fault {
  const text = `Run ${runId} is held by another process that uses the same store, and none has answered for it: ask again.`;
  return new Fault("RUN_FENCED", text);
}
