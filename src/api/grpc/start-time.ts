import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Clock, Violation } from "#model";

/** A run may be delayed by so much. */
const LONGEST_DELAY_DAYS = 366;
const DAY_MS = 86_400_000;

/** Before when nothing of a run is to be started, or what is wrong with the time. */
export interface StartTime {
  readonly asked: { readonly startAfter?: string };
  readonly violations: readonly Violation[];
}

/** Reads the time; absent = at once. */
export function startTime(time: Timestamp | undefined, clock: Clock): StartTime {
  if (time === undefined) return { asked: {}, violations: [] };
  const ms = Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000);
  const latestMs = Date.parse(clock.now()) + LONGEST_DELAY_DAYS * DAY_MS;
  if (ms >= 0 && ms <= latestMs) return { asked: { startAfter: new Date(ms).toISOString() }, violations: [] };
  const description = `is ${time.seconds} s since 1970; expected a time of at most ${LONGEST_DELAY_DAYS} days from now`;
  return { asked: {}, violations: [{ field: "start_after", description }] };
}
