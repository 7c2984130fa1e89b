import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markerOf, Redactor } from "../../../src/effects/secrets/redactor.ts";
import { formsOf } from "../../../src/effects/secrets/secret-forms.ts";
import { unfitValue } from "../../../src/effects/secrets/secret-source.ts";
import { ENCODERS } from "./support/encoders.ts";
import { canBeReadFrom } from "./support/oracle.ts";

/** Texts that may be secrets: of any characters, of awkward ones, of several lines. */
const secret = fc
  .oneof(
    fc.string({ minLength: 6, maxLength: 40, unit: "binary" }),
    fc.string({ minLength: 6, maxLength: 40 }),
    fc.string({
      minLength: 6,
      maxLength: 12,
      unit: fc.constantFrom("/", "+", "?", "=", " ", "%", "<", '"', "\\", "é", "€", "a"),
    }),
    fc
      .array(fc.stringMatching(/^[A-Za-z0-9+/]{8,70}$/), { minLength: 2, maxLength: 4 })
      .map((lines) => lines.join("\n")),
  )
  .filter((text) => unfitValue(text, ["A"]) === undefined);

function knowing(...values: readonly string[]): Redactor {
  const names = values.map((_, index) => String.fromCharCode(65 + index));
  const redactor = new Redactor(names);
  redactor.learn(new Map(values.map((value, index) => [names[index] ?? "", value])));
  return redactor;
}

/** What comes out of a stream that is fed in chunks which end at these places. */
function streamed(redactor: Redactor, bytes: Buffer, cuts: readonly number[]): Buffer {
  const stream = redactor.stream();
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((one, other) => one - other);
  const told = places.slice(1).map((end, index) => Buffer.from(stream.push(bytes.subarray(places[index], end))));
  return Buffer.concat([...told, stream.end()]);
}

/** What a text comes to if every form is looked for at every place, one after the other. */
function plainly(text: string, values: readonly string[]): string {
  const joinedPlaces = text.split("").flatMap((mark, at) => (/[\r\n]/.test(mark) ? [] : [at]));
  const spans: { start: number; end: number; owner: number }[] = [];
  for (const [owner, value] of values.entries()) {
    for (const form of formsOf(value)) {
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1))
        spans.push({ start: at, end: at + form.length, owner });
      const joined = joinedPlaces.map((at) => text[at]).join("");
      for (let at = joined.indexOf(form); at !== -1; at = joined.indexOf(form, at + 1)) {
        const places = joinedPlaces.slice(at, at + form.length);
        const gaps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
        if (gaps.every((gap) => gap <= 3)) spans.push({ start: places[0] ?? 0, end: (places.at(-1) ?? 0) + 1, owner });
      }
    }
  }
  spans.sort((one, other) => one.start - other.start || other.end - one.end || one.owner - other.owner);
  let told = "";
  let said = 0;
  for (const { start, end, owner } of spans) {
    if (start >= said) told += text.slice(said, start) + markerOf(String.fromCharCode(65 + owner));
    said = Math.max(said, end);
  }
  return told + text.slice(said);
}

describe("a redactor", () => {
  it.each(Object.entries(ENCODERS))(
    "leaves nothing of a secret that is written as %s, wherever it stands",
    (_name, encode) => {
      fc.assert(
        fc.property(secret, fc.tuple(fc.string(), fc.string()), fc.array(fc.nat()), (value, [before, after], cuts) => {
          const text = Buffer.from(encode(before, value, after));
          const told = streamed(knowing(value), text, cuts);
          const rest = told.toString("latin1").split(markerOf("A"));
          return (
            canBeReadFrom(text, value) &&
            rest.length > 1 &&
            rest.every((piece) => !canBeReadFrom(Buffer.from(piece, "latin1"), value))
          );
        }),
      );
    },
  );

  it("replaces the same bytes however a stream is cut into chunks, and touches no others", () => {
    const letters = fc.constantFrom("a", "b", "\n", "\r");
    const value = fc
      .string({ unit: letters, minLength: 6, maxLength: 9 })
      .filter((text) => unfitValue(text, []) === undefined);
    const values = fc.array(value, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(values, fc.string({ unit: letters, maxLength: 200 }), fc.array(fc.nat()), (secrets, text, cuts) => {
        const told = streamed(knowing(...secrets), Buffer.from(text), cuts);
        expect(told.toString()).toBe(plainly(text, secrets));
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves any bytes without a secret as they are, cut into any chunks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat()), (bytes, cuts) => {
        const told = streamed(knowing("correct horse battery staple", "Tr0ub4dor&3"), Buffer.from(bytes), cuts);
        return told.equals(Buffer.from(bytes));
      }),
    );
  });

  it("holds back fewer bytes than the longest form has, so that its memory is bounded", () => {
    const value = "aaaaaaaaab";
    const longest = Math.max(...[...formsOf(value)].map((form) => form.length));
    const stream = knowing(value).stream();
    let [taken, given] = [0, 0];
    for (let index = 0; index < 1000; index += 1) {
      given += stream.push(Buffer.from("a")).length;
      taken += 1;
      expect(taken - given).toBeLessThan(longest);
    }
    expect(given + stream.end().length).toBe(taken);
  });

  it("tells what it holds as soon as that can be no secret any more", () => {
    const stream = knowing("the-secret").stream();
    expect(Buffer.from(stream.push(Buffer.from("this is the-sec"))).toString()).toBe("this is ");
    expect(Buffer.from(stream.push(Buffer.from("ond."))).toString()).toBe("the-second.");
  });

  it("finds a value that it learns while a stream goes on, also one whose beginning it holds", () => {
    const redactor = new Redactor(["A", "B"]);
    redactor.learn(new Map([["A", "first-value-of-it"]]));
    const stream = redactor.stream();
    const told = [stream.push(Buffer.from("x first-value"))];
    redactor.learn(new Map([["B", "first-value-two"]]));
    told.push(stream.push(Buffer.from("-two, first-value-of-it")), stream.end());
    expect(Buffer.concat(told).toString()).toBe("x [redacted:B], [redacted:A]");
  });

  it("still finds a value after its secret has got another one, for the last eight values", () => {
    const redactor = new Redactor(["A"]);
    for (let count = 1; count <= 9; count += 1) redactor.learn(new Map([["A", `value-number-${count}`]]));
    expect(redactor.text("value-number-2 value-number-9")).toBe("[redacted:A] [redacted:A]");
    expect(redactor.text("value-number-1")).toBe("value-number-1");
  });

  it("scrubs the long lines of a secret one by one, and not the frame that all keys share", () => {
    const key =
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n  9w0BAQEFAASCBKcw\nshort\n-----END PRIVATE KEY-----";
    const told = knowing(key).text("-----BEGIN PRIVATE KEY-----|MIIEvQIBADANBgkqhkiG|9w0BAQEFAASCBKcw|short");
    expect(told).toBe("-----BEGIN PRIVATE KEY-----|[redacted:A]|[redacted:A]|short");
    expect(knowing(key).text(key.replaceAll("\n", "\r\n"))).toBe(markerOf("A"));
  });
});

describe("a redactor of JSON values", () => {
  it("scrubs texts, names of members and numbers, at any depth, and keeps every member", () => {
    const redactor = knowing("hunter-two", "12345678");
    const value = {
      "is hunter-two": [1, { deep: "x hunter-two y" }],
      "is [redacted:A]": true,
      pin: 12345678,
      none: null,
    };
    expect(redactor.json(value)).toEqual({
      "is [redacted:A]": [1, { deep: "x [redacted:A] y" }],
      "is [redacted:A]#2": true,
      pin: "[redacted:B]",
      none: null,
    });
  });

  it("copies what holds no secret as it is, whatever JSON it may be", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        expect(knowing("correct horse battery staple").json(value)).toEqual(value);
      }),
    );
  });

  it("gives back what is no JSON as it is, for the executor to refuse", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const redactor = knowing("hunter-two");
    for (const value of [undefined, Number.NaN, 1n, new Date(0), new Map()]) expect(redactor.json(value)).toBe(value);
    expect(() => redactor.json(cycle)).not.toThrow();
  });
});
