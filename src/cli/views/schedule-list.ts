import { tableText } from "../text/table.ts";

/** A schedule as a server tells it. */
export interface ListedSchedule {
  readonly name: string;
  readonly plan: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly overlap: string;
  readonly enabled: boolean;
  /** RFC 3339. */
  readonly next_at?: string;
}

const NONE = "No schedules: the configuration has none (key `schedules`).\n";
const TITLES = ["NAME", "NEXT", "CRON", "ZONE", "PLAN"];

/** One line for each schedule. */
export function scheduleListText(schedules: readonly ListedSchedule[]): string {
  if (schedules.length === 0) return NONE;
  const rows = schedules.map((schedule) => [
    schedule.name,
    nextOf(schedule),
    schedule.cron,
    schedule.time_zone,
    schedule.plan,
  ]);
  return tableText(TITLES, rows);
}

function nextOf({ enabled, next_at: nextAt = "never" }: ListedSchedule): string {
  return enabled ? nextAt : "not enabled";
}
