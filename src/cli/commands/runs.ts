import { runStatusNumbers, toldRun } from "#api";
import type { ToldRun, VerbatimClient } from "#api";
import type { RunStatus } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { runListJson, runListText } from "../views/run-list.ts";
import type { RunList, RunSummary } from "../views/run-list.ts";

/** Runs asked for at once. */
const PAGE = 1000;

/** Flags of `runs`. */
export interface RunsFlags extends CommonFlags {
  /** At most so many, 1 to 10,000. */
  readonly limit: number;
  /** Only runs of plans whose name contains this. */
  readonly name?: string;
  /** Only runs of plans in one of these states. */
  readonly status?: readonly RunStatus[];
}

/** `verbatim runs`: lists runs of direct jobs and of plans together, newest first; with a filter those of plans alone. */
export async function runs(flags: RunsFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { client } = connection;
  const isFiltered = flags.name !== undefined || flags.status !== undefined;
  const list = await (isFiltered ? listPlans(client, flags) : listAll(client, flags));
  await (json ? stdout.json(`${JSON.stringify(runListJson(list))}\n`) : stdout.write(runListText(list, stdout)));
  return EXIT.succeeded;
}

async function listPlans(client: VerbatimClient, flags: RunsFlags): Promise<RunList> {
  const { runs: plans, more } = await planRuns(client, flags);
  return { runs: plans.map((plan) => ({ runId: plan.runId, complete: plan.endedAt !== "", plan })), more };
}

async function listAll(client: VerbatimClient, flags: RunsFlags): Promise<RunList> {
  const { runs: found, more } = await everyRun(client, flags.limit);
  const plans = new Map((await planRuns(client, flags)).runs.map((plan) => [plan.runId, plan]));
  return { runs: found.map((run) => withPlan(run, plans.get(run.runId))), more };
}

function withPlan(run: RunSummary, plan: ToldRun | undefined): RunSummary {
  return plan === undefined ? run : { ...run, plan };
}

async function everyRun({ evidence }: VerbatimClient, limit: number): Promise<RunList> {
  const found: RunSummary[] = [];
  let pageToken = "";
  do {
    const pageSize = Math.min(PAGE, limit - found.length);
    const page = await evidence.listRuns({ pageSize, pageToken });
    for (const { runId, logSize, logHead, complete } of page.runs)
      found.push({ runId, complete, log: { records: Number(logSize), head: logHead } });
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && found.length < limit);
  return { runs: found, more: pageToken !== "" };
}

async function planRuns(
  client: VerbatimClient,
  { limit, name = "", status = [] }: RunsFlags,
): Promise<{ readonly runs: readonly ToldRun[]; readonly more: boolean }> {
  const found: ToldRun[] = [];
  const asked = { statuses: runStatusNumbers(status), nameContains: name };
  let pageToken = "";
  do {
    const pageSize = Math.min(PAGE, limit - found.length);
    const page = await client.runs.listRuns({ ...asked, pageSize, pageToken });
    found.push(...page.runs.map(toldRun));
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && found.length < limit);
  return { runs: found, more: pageToken !== "" };
}
