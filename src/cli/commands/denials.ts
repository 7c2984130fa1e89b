import { LISTED_AT_MOST } from "../declaring.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";

const LOGS_A_PAGE = 1000;

/** `verbatim denials`: the logs of denials of a server, newest first; with the id of one, its exact lines. */
export async function denials(logId: string | undefined, flags: CommonFlags, session: Session): Promise<number> {
  await using connection = await session.host.connect(flags);
  const { server } = connection.client;
  if (logId === undefined) return await listed(server, session);
  const { stdout } = session;
  for await (const { lines } of server.readDenials({ logId }, { signal: stdout.gone })) {
    const text = lines.map((line) => `${line}\n`).join("");
    await (stdout.isTerminal ? stdout.json(text) : stdout.write(text));
  }
  return EXIT.succeeded;
}

type ServerCalls = Awaited<ReturnType<Session["host"]["connect"]>>["client"]["server"];

async function listed(server: ServerCalls, { stdout, json }: Session): Promise<number> {
  const logs: { log_id: string; records: number; head: string; complete: boolean }[] = [];
  let pageToken = "";
  do {
    const page = await server.listDenials({ pageSize: LOGS_A_PAGE, pageToken });
    for (const { logId, logSize, logHead, complete } of page.logs)
      logs.push({ log_id: logId, records: Number(logSize), head: logHead, complete });
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && logs.length < LISTED_AT_MOST);
  if (json) await stdout.json(`${JSON.stringify({ logs })}\n`);
  else for (const { log_id: id, records, head } of logs) await stdout.line(`${id}  ${records} rec.  ${head}`);
  return EXIT.succeeded;
}
