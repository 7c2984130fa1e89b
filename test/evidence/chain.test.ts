import fc from "fast-check";
import { expect, test } from "vitest";
import { LOG_SCHEMA } from "#evidence";
import { chainHash, genesis, openLine, sealLine } from "../../src/evidence/chain.ts";
import { sha256 } from "./support/reference-format.ts";

const HASH = "A".repeat(43);

test("a chain begins with the hash of the schema and the run id", () => {
  expect(LOG_SCHEMA).toBe("evidence/v1");
  expect(genesis("run-1")).toBe(sha256("evidence/v1\nrun-1"));
  expect(genesis("run-1")).not.toBe(genesis("run-2"));
});

test("a line's hash covers the hash before and every byte of its body", () => {
  expect(chainHash(HASH, '{"a":1}')).toBe(sha256(`${HASH}\n{"a":1}`));
});

test("a sealed line is its body with the hash as last member", () => {
  expect(sealLine('{"a":1}', HASH)).toBe(`{"a":1,"hash":"${HASH}"}`);
});

test("what was sealed opens to the same body and hash", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.string(), (value, salt) => {
      const body = JSON.stringify(value);
      const hash = sha256(salt);
      expect(openLine(sealLine(body, hash))).toEqual({ body, hash });
    }),
  );
});

test.each([
  ["a line without a hash", '{"a":1}'],
  ["a hash that is cut", `{"a":1,"hash":"${"A".repeat(42)}"}`],
  ["a hash that is too long", `{"a":1,"hash":"${"A".repeat(44)}"}`],
  ["a hash of other letters", `{"a":1,"hash":"${"A".repeat(42)}+"}`],
  ["a hash that is not the last member", `{"a":1,"hash":"${HASH}","b":2}`],
  ["a hash that is the only member", `{"hash":"${HASH}"}`],
  ["text behind the line", `{"a":1,"hash":"${HASH}"} `],
  ["a line feed behind the line", `{"a":1,"hash":"${HASH}"}\n`],
  ["nothing", ""],
])("%s is no line of a log", (_case, line) => {
  expect(openLine(line)).toBeUndefined();
});
