import type { EvidenceStore, RunHead } from "#evidence";
import type { RunStatus } from "#model";
import { firstRecord } from "../recorded-job.ts";
import { isPlanRun, loadRun } from "./load-run.ts";

/** A run in a list. */
export interface RunListing {
  readonly runId: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly reason: string | undefined;
  readonly planHash: string;
  readonly submittedBy: string;
  readonly createdAt: string;
  readonly endedAt: string | undefined;
}

/** Which runs to list. */
export interface RunFilter {
  /** 1..1,000. */
  readonly limit: number;
  /** Only runs that are older than this one; empty = from the newest on. */
  readonly before: string;
  /** Empty = all. */
  readonly statuses: ReadonlySet<RunStatus>;
  readonly nameContains: string;
}

/** Runs of plans, the newest first. */
export interface RunPage {
  readonly runs: readonly RunListing[];
  /** Where the next page begins; absent = there is none. */
  readonly next?: string;
}

const PAGE = 100;

/** Reads the first and the last record of each run, and the whole log only of runs that have not ended. */
export async function listRuns(store: EvidenceStore, filter: RunFilter): Promise<RunPage> {
  const runs: RunListing[] = [];
  let before = filter.before;
  for (;;) {
    const heads = await store.runs({ limit: PAGE, ...(before !== "" && { before }) });
    for (const head of heads) {
      before = head.runId;
      const listing = await listed(store, head);
      if (listing === undefined || !fits(listing, filter)) continue;
      runs.push(listing);
      if (runs.length === filter.limit) return { runs, next: head.runId };
    }
    if (heads.length < PAGE) return { runs };
  }
}

function fits({ status, name }: RunListing, { statuses, nameContains }: RunFilter): boolean {
  return (statuses.size === 0 || statuses.has(status)) && name.includes(nameContains);
}

async function listed(store: EvidenceStore, head: RunHead): Promise<RunListing | undefined> {
  const { runId } = head;
  const created = await firstRecord(store, runId);
  if (created === undefined || !isPlanRun(created)) return undefined;
  const common = {
    runId,
    planHash: created.plan_hash ?? "",
    submittedBy: created.actor,
    createdAt: created.timestamp_utc,
  };
  const { name } = created.data ?? {};
  if (!head.completed) {
    const { plan, status, reason, endedAt } = (await loadRun(store, runId, { verify: false })).state;
    return { ...common, name: plan.name, status, reason, endedAt };
  }
  const last = (await store.read(runId, head.size - 2, 1))[0]?.record;
  return {
    ...common,
    name: typeof name === "string" ? name : "",
    status: last?.status as RunStatus, // a run ends in one of its states
    reason: last?.reason,
    endedAt: last?.timestamp_utc,
  };
}
