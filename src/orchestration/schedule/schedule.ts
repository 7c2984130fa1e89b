import type { AcceptedRun, CreateRunOptions } from "../run/run-runner.ts";

/** When which plan is run. */
export interface Schedule {
  /** 1..64 of `A-Z a-z 0-9 _ -`, a letter or digit first; unique. */
  readonly name: string;
  /** Where its plan is, for people. */
  readonly plan: string;
  readonly cron: string;
  readonly timeZone: string;
  /** What a firing does while the run of an earlier one has not ended. */
  readonly overlap: "skip" | "allow";
  readonly enabled: boolean;
  /** The first time to fire after a time, both in milliseconds since 1970; undefined = there is none. */
  next(afterMs: number): number | undefined;
  /** Reads the plan as it is now, and starts its run. @throws {Fault} */
  start(options: CreateRunOptions): Promise<AcceptedRun>;
}

/** A schedule as it is told. */
export interface ScheduleView extends Pick<Schedule, "name" | "plan" | "cron" | "timeZone" | "overlap" | "enabled"> {
  /** RFC 3339; absent if it does not fire any more. */
  readonly nextAt?: string;
}

/** What became of a firing; `at` is the time that it was for, RFC 3339. */
export type ScheduleNews =
  | { readonly kind: "started"; readonly schedule: string; readonly at: string; readonly runId: string }
  | { readonly kind: "skipped"; readonly schedule: string; readonly at: string; readonly why: string }
  | { readonly kind: "missed"; readonly schedule: string; readonly at: string; readonly why: string }
  | { readonly kind: "failed"; readonly schedule: string; readonly at: string; readonly why: string };

/** The run of a firing: its id follows from the schedule and the time, and a run id is started at most once. */
export function scheduledRunId(name: string, atMs: number): string {
  return `${name}-${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

/** The time that a run of the schedule was for, in milliseconds since 1970; undefined if it is no run of it. */
export function scheduledTime(name: string, runId: string): number | undefined {
  if (!runId.startsWith(`${name}-`)) return undefined;
  const written = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(runId.slice(name.length + 1));
  if (written === null) return undefined;
  const [, year, month, day, hour, minute, second] = written;
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(atMs) ? undefined : atMs;
}
