import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Violation } from "#model";

/** What a protobuf timestamp can be: years 1 to 9999. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const NANOS = 1_000_000_000;

/** What is wrong with a time that somebody asks by; absent = nothing. */
export function timeViolations(field: string, time: Timestamp | undefined): readonly Violation[] {
  if (time === undefined) return [];
  const { seconds, nanos } = time;
  if (seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos < NANOS) return [];
  const description = `is ${seconds} s and ${nanos} ns since 1970; expected a time in the years 1 to 9999`;
  return [{ field, description }];
}
