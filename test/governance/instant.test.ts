import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readInstant } from "../../src/governance/instant.ts";

function digits(most: number, length: number): fc.Arbitrary<string> {
  return fc.nat(most).map((number) => String(number).padStart(length, "0"));
}

describe("reading a moment", () => {
  it("agrees with Temporal on every text of the platform's own form, whether there is such a day and hour or not", () => {
    const [date, time] = [
      fc.tuple(digits(9999, 4), digits(13, 2), digits(32, 2)).map((parts) => parts.join("-")),
      fc.tuple(digits(25, 2), digits(61, 2), digits(61, 2)).map((parts) => parts.join(":")),
    ];
    let readable = 0;
    fc.assert(
      fc.property(date, time, digits(999, 3), (day, hour, millisecond) => {
        const text = `${day}T${hour}.${millisecond}Z`;
        let expected: number | undefined;
        try {
          expected = Temporal.Instant.from(text).epochMilliseconds;
          readable += 1;
        } catch {
          expected = undefined;
        }
        expect(readInstant(text), text).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
    expect(readable).toBeGreaterThan(2_000);
  });

  it.each([
    ["2026-02-28T24:00:00.000Z", undefined],
    ["2026-02-29T00:00:00.000Z", undefined],
    ["2024-02-29T00:00:00.000Z", 1_709_164_800_000],
    ["2026-03-01T12:00:00+02:00", 1_772_359_200_000],
    ["2026-03-01T12:00:00.000", undefined],
    ["2026-03-01T12:00:00.000Z\n", undefined],
  ])("reads %j as %s", (text, expected) => {
    expect(readInstant(text)).toBe(expected);
  });
});
