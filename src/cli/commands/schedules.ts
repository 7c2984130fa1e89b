import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { scheduleListText } from "../views/schedule-list.ts";

/** `verbatim schedules`: when which plan is run. */
export async function schedules(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const answer = await connection.client.runs.listSchedules({});
  const listed = answer.schedules.map(({ name, plan, cron, timeZone, overlap, enabled, nextAt }) => ({
    name,
    plan,
    cron,
    time_zone: timeZone,
    overlap,
    enabled,
    ...(nextAt !== undefined && { next_at: new Date(Number(nextAt.seconds) * 1000).toISOString() }),
  }));
  if (json) await stdout.json(`${JSON.stringify({ schedules: listed })}\n`);
  else await stdout.write(scheduleListText(listed));
  return EXIT.succeeded;
}
