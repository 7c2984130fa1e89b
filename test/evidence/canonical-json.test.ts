import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, digest } from "#evidence";
import { json } from "./support/arbitrary-drafts.ts";
import { canonical, sha256 } from "./support/reference-format.ts";

test("members are sorted by UTF-16 code units and white space is left out", () => {
  // The example of RFC 8785, section 3.2.3.
  const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\u{1f600}": 5, "\u0080": 6, "\u00f6": 7 };
  expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}');
});

test.each([
  [0, "0"],
  [-0, "0"],
  [5e-324, "5e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [9007199254740992, "9007199254740992"],
  [295147905179352830000, "295147905179352830000"],
  [1e21, "1e+21"],
  [9.999999999999997e22, "9.999999999999997e+22"],
  [0.000001, "0.000001"],
  [1e-7, "1e-7"],
  [333333333.3333332, "333333333.3333332"],
])("the number %d is written as RFC 8785 writes it", (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test("characters are escaped only where JSON demands it", () => {
  expect(canonicalJson('\u20ac$\u000f\nA\'B"\\\\"/\u2028')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028"');
});

test("any JSON value has the canonical text that a second implementation gives it", () => {
  fc.assert(fc.property(json, (value) => canonicalJson(value) === canonical(value)));
});

test("the canonical text does not depend on the order in which members were set", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).toReversed());
      expect(canonicalJson(reversed)).toBe(canonicalJson(value));
    }),
  );
});

test.each([
  ["a number that is none", Number.NaN],
  ["an infinite number", [Number.POSITIVE_INFINITY]],
  ["a lone surrogate", "\ud800"],
  ["a lone surrogate in the name of a member", { "\udc00": 1 }],
  ["nothing at all", undefined],
  ["a function", () => 1],
  ["a symbol", Symbol("a")],
  ["a big integer", 1n],
])("%s has no canonical text and is refused", (_case, value) => {
  expect(() => canonicalJson(value)).toThrow();
});

test("a value that contains itself is refused", () => {
  const cycle: unknown[] = [];
  cycle.push([cycle]);
  expect(() => canonicalJson(cycle)).toThrow();
});

test("a digest is the SHA-256 of the UTF-8 bytes in base64url", () => {
  expect(digest("")).toBe("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  expect(digest("abc")).toBe("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  expect(digest("ö€")).toBe(digest(Buffer.from("ö€", "utf8")));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => digest(bytes) === sha256(bytes)));
});
