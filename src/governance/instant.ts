const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** The form in which the platform itself writes, of a day that every month has: what `Date.parse` reads just as exactly. */
const OWN_FORM = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** Milliseconds of one hour. */
export const MS_PER_HOUR = 3_600_000;

/**
 * Milliseconds since 1970 of an RFC 3339 text, or undefined if it is anything else. A text without an offset is
 * refused: its meaning would depend on the machine's time zone, and a verdict must not.
 */
export function readInstant(text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  if (OWN_FORM.test(text)) return Date.parse(text); // several times faster
  if (!RFC_3339.test(text)) return undefined;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return undefined; // the form fits but there is no such day or hour, as in February 30
  }
}

/** The RFC 3339 text (UTC, milliseconds) of milliseconds since 1970. */
export function writeInstant(epochMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toString({ smallestUnit: "millisecond" });
}
