const TIMESTAMP = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?$/;

/**
 * A date and time as databases write them, as a text of RFC 3339 in UTC; undefined if it is none. One without an offset is taken for UTC, a
 * date for its midnight. The digits of its fraction stay.
 */
export function timestampText(text: string): string | undefined {
  const [, date, time = "00:00:00", fraction, offset = "Z"] = TIMESTAMP.exec(text) ?? [];
  if (date === undefined) return undefined;
  const milliseconds = Date.parse(`${date}T${time}Z`) - offsetMinutes(offset) * 60_000;
  if (Number.isNaN(milliseconds)) return undefined;
  const written = new Date(milliseconds).toISOString();
  if (offset === "Z" && !written.startsWith(date)) return undefined; // a day that its month has not
  return written.replace(".000Z", fraction === undefined ? "Z" : `.${fraction}Z`);
}

/** Minutes east of UTC of `Z`, `+02`, `+0530` or `-03:30`. */
function offsetMinutes(offset: string): number {
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
