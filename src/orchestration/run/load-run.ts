import { setImmediate as turn } from "node:timers/promises";
import { canonicalJson, digest, isBlobReference, verifyLines } from "#evidence";
import type { EvidenceRecord, EvidenceStore, LogReport } from "#evidence";
import type { Plan } from "#model";
import { Fault } from "#model";
import { firstRecord } from "#worker";
import { storedPlan } from "../plan/plan-json.ts";
import { blobJson } from "./attempt.ts";
import { RunState } from "./run-state.ts";

const PAGE = 512;

/** A run as its log tells it. */
export interface LoadedRun {
  readonly runId: string;
  readonly planHash: string;
  readonly state: RunState;
  /** Records in the log. */
  readonly size: number;
}

/** Whether a log's first record opens the run of a plan, not of a direct job. */
export function isPlanRun(created: EvidenceRecord): boolean {
  return created.job_id === undefined && created.job_keys !== undefined;
}

/**
 * Reads a run's whole log and folds it.
 * @param verify whether the chain is verified as well: before anything is done in its name.
 * @param through the last record that is read; absent = all.
 * @throws {Fault} RUN_NOT_FOUND if there is no run of a plan under this id; EVIDENCE_BROKEN.
 */
export async function loadRun(
  store: EvidenceStore,
  runId: string,
  { verify, through = Infinity }: { readonly verify: boolean; readonly through?: number },
): Promise<LoadedRun> {
  const created = await firstRecord(store, runId);
  if (created === undefined) throw runNotFound(runId);
  if (!isPlanRun(created))
    throw new Fault("RUN_NOT_FOUND", `Run ${runId} is that of a direct job, not of a plan; see it with \`show\`.`);
  const plan = await planOf(created, store);
  const state = new RunState(plan);
  const progress = { size: 0 };
  const lines = foldedLines(store, { runId, state, progress, through });
  if (verify) requireWhole(runId, await verifyLines(lines, { runId }));
  else await toTheEnd(lines);
  return { runId, planHash: created.plan_hash ?? "", state, size: progress.size };
}

/** The fault for an id under which there is no run. */
export function runNotFound(runId: string): Fault {
  return new Fault("RUN_NOT_FOUND", `There is no run ${runId}.`);
}

async function planOf(created: EvidenceRecord, store: EvidenceStore): Promise<Plan> {
  const value = isBlobReference(created.plan) ? await blobJson(created.plan.$blob, store) : created.plan;
  if (value === undefined || digest(canonicalJson(value)) !== created.plan_hash)
    throw new Fault(
      "EVIDENCE_BROKEN",
      `The plan of run ${created.run_id} is not the one that its log names: verify it.`,
    );
  return storedPlan(value);
}

async function toTheEnd(lines: AsyncGenerator<string, void, void>): Promise<void> {
  while ((await lines.next()).done !== true);
}

interface Folding {
  readonly runId: string;
  readonly state: RunState;
  readonly progress: { size: number };
  readonly through: number;
}

/** The lines of a log, each folded into the state on its way. */
async function* foldedLines(
  store: EvidenceStore,
  { runId, state, progress, through }: Folding,
): AsyncGenerator<string, void, void> {
  for (;;) {
    const page = await store.read(runId, progress.size - 1, PAGE);
    if (page.length === 0) return;
    for (const { line, record } of page) {
      if (record.seq > through) return;
      state.apply(record);
      yield line;
    }
    progress.size += page.length;
    await turn(); // for everybody else
  }
}

function requireWhole(runId: string, { ok, problems: [problem] }: LogReport): void {
  if (ok || problem === undefined) return;
  throw new Fault(
    "EVIDENCE_BROKEN",
    `The log of run ${runId} does not hold (record ${problem.seq}: ${problem.message}), so nothing is done in its name: verify it.`,
  );
}
