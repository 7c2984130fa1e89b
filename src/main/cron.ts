import { Cron } from "croner";

/** When a schedule fires. */
export interface CronTimes {
  /** The first time after a time, both in milliseconds since 1970; undefined = there is none. */
  next(afterMs: number): number | undefined;
}

const FIELDS = 5;

/**
 * The times of a cron pattern of five fields (minute, hour, day of month, month, day of week) in a time zone (IANA), or why there
 * are none. Where the clocks are set forward, a time that is left out fires when the clocks go on; where they are set back, a
 * fixed time fires once.
 */
export function cronTimes(cron: string, timeZone: string): CronTimes | { readonly problem: string } {
  const fields = cron.trim().split(/\s+/).length;
  if (fields !== FIELDS)
    return { problem: `has ${fields} fields; expected 5: minute, hour, day of month, month, day of week` };
  try {
    const pattern = new Cron(cron, { mode: "5-part", timezone: timeZone });
    const next = (afterMs: number): number | undefined => pattern.nextRun(new Date(afterMs))?.getTime();
    return next(0) === undefined ? { problem: "names no time that ever comes" } : { next };
  } catch (error) {
    return { problem: `is not understood: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Whether a time zone is known here. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}
