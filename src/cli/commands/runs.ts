import type { VerbatimClient } from "#api";
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
}

/** `verbatim runs`: lists runs, newest first. */
export async function runs(flags: RunsFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const list = await listRuns(connection.client, flags.limit);
  await (json ? stdout.json(`${JSON.stringify(runListJson(list))}\n`) : stdout.write(runListText(list, stdout)));
  return EXIT.succeeded;
}

async function listRuns({ evidence }: VerbatimClient, limit: number): Promise<RunList> {
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
