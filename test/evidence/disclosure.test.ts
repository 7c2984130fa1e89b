import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, concealFields, digest, verifyDisclosure } from "#evidence";
import type { Json, JsonObject } from "#model";

const SALT = "_26bc4LT-ac6q2KI6cBW5es";

function recordOf(output: Json) {
  return { output, outputs_hash: digest(canonicalJson(output)) };
}

/** 128-bit salts, each another one. */
function salts(): () => string {
  let count = 0;
  return () => Buffer.from(String((count += 1)).padStart(16, "0")).toString("base64url");
}

function conceal(output: Json, ...pointers: string[]) {
  return concealFields(output, { pointers, newSalt: salts() });
}

function forged(said: unknown): string {
  return Buffer.from(JSON.stringify(said)).toString("base64url");
}

/** The examples of RFC 9901, sections 4.2 and 5.1: disclosure, digest, what it says. */
const PUBLISHED: readonly (readonly [disclosure: string, digest: string, name: string | undefined, value: Json])[] = [
  [
    "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
    "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
    "family_name",
    "Möbius",
  ],
  [
    "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd",
    "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4",
    "given_name",
    "John",
  ],
  [
    "WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd",
    "TGf4oLbgwd5JQaHyKVQZU9UdGE0w5rtDsrZzfUaomLo",
    "family_name",
    "Doe",
  ],
  [
    "WyI2SWo3dE0tYTVpVlBHYm9TNXRtdlZBIiwgImVtYWlsIiwgImpvaG5kb2VAZXhhbXBsZS5jb20iXQ",
    "JzYjH4svliH0R3PyEMfeZu6Jt69u5qehZo7F7EPYlSE",
    "email",
    "johndoe@example.com",
  ],
  [
    "WyJQYzMzSk0yTGNoY1VfbEhnZ3ZfdWZRIiwgImJpcnRoZGF0ZSIsICIxOTQwLTAxLTAxIl0",
    "gbOsI4Edq2x2Kw-w5wPEzakob9hV1cRD0ATN3oQL9JM",
    "birthdate",
    "1940-01-01",
  ],
  [
    "WyJHMDJOU3JRZmpGWFE3SW8wOXN5YWpBIiwgInVwZGF0ZWRfYXQiLCAxNTcwMDAwMDAwXQ",
    "CrQe7S5kqBAHt-nMYXgc6bdt2SH5aTY1sU_M-PgkjPI",
    "updated_at",
    1_570_000_000,
  ],
  ["WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0", "pFndjkZ_VCzmyTa6UjlZo3dh-ko8aIKQc9DlGzhaVYo", undefined, "US"],
  ["WyJuUHVvUW5rUkZxM0JJZUFtN0FuWEZBIiwgIkRFIl0", "7Cf6JkPudry3lcbwHgeZ8khAv1U1OSlerP0VkBJrWZ0", undefined, "DE"],
];

describe("the examples of RFC 9901", () => {
  it.each(PUBLISHED)(
    "%s has the published digest and discloses the published value",
    (...[disclosure, hash, name, value]) => {
      const held = name === undefined ? { list: [{ "...": hash }] } : { inner: { _sd: ["A".repeat(43), hash] } };
      const pointer = name === undefined ? "/list/0" : `/inner/${name}`;
      expect(verifyDisclosure(recordOf({ ...held, _sd_alg: "sha-256" }), disclosure)).toEqual({
        valid: true,
        pointer,
        value,
      });
    },
  );

  it("are met by what is concealed here, with the same salt, but for the blanks that the RFC leaves free", () => {
    const { output, disclosures } = concealFields(
      { family_name: "Möbius" },
      { pointers: ["/family_name"], newSalt: () => SALT },
    );
    const [{ disclosure, digest: hash } = { disclosure: "", digest: "" }] = disclosures;
    expect(Buffer.from(disclosure, "base64url").toString()).toBe(`["${SALT}","family_name","Möbius"]`);
    expect(hash).toBe(createHash("sha256").update(disclosure, "ascii").digest("base64url"));
    expect(output).toEqual({ _sd: [hash], _sd_alg: "sha-256" });
  });
});

describe("concealed fields", () => {
  it("leave digests in their place, in the order of the digests, and nothing of their names and values", () => {
    const { output, disclosures } = conceal(
      { b: { name: "Ada", pin: 1234, open: true }, list: ["x", "y"] },
      "/b/name",
      "/b/pin",
      "/list/1",
    );
    const [name, pin, item] = disclosures.map(({ digest: hash }) => hash);
    expect(output).toEqual({
      b: { open: true, _sd: [name, pin].toSorted((one = "", other = "") => (one < other ? -1 : 1)) },
      list: ["x", { "...": item }],
      _sd_alg: "sha-256",
    });
    expect(JSON.stringify(output)).not.toMatch(/Ada|1234|"y"|name|pin/);
  });

  it("are passed over where they are not, and go along with the field that they lie in", () => {
    expect(conceal({ a: { b: 1 } }, "/c", "/a/c", "/a/b/c", "/a/0")).toEqual({
      output: { a: { b: 1 } },
      disclosures: [],
    });
    const { output, disclosures } = conceal({ a: { b: 1 }, ab: 2 }, "/a/b", "/a", "/a");
    expect(disclosures.map(({ pointer }) => pointer)).toEqual(["/a"]);
    expect(output).toMatchObject({ ab: 2 });
  });

  it("are found by names with slashes and tildes, as JSON Pointer writes them", () => {
    const { output, disclosures } = conceal({ "a/b~c": { "": 1 } }, "/a~1b~0c/");
    expect(verifyDisclosure(recordOf(output), disclosures[0]?.disclosure ?? "")).toEqual({
      valid: true,
      pointer: "/a~1b~0c/",
      value: 1,
    });
  });

  it.each(["_sd", "_sd_alg", "..."])("are refused in an output that says %s itself", (name) => {
    expect(() => conceal({ a: 1, deep: [{ [name]: 1 }] }, "/a")).toThrow(
      `the member "${name}" is kept for the digests`,
    );
  });

  it("leave what they are taken from as it was, and prove each value, whatever it is", () => {
    const member = fc.tuple(fc.string({ unit: "binary", minLength: 1 }), fc.jsonValue());
    fc.assert(
      fc.property(fc.uniqueArray(member, { minLength: 1, maxLength: 5, selector: ([name]) => name }), (members) => {
        fc.pre(
          members.every(([name]) => name.isWellFormed() && !["_sd", "_sd_alg", "...", "__proto__"].includes(name)),
        );
        const output = JSON.parse(JSON.stringify(Object.fromEntries(members))) as JsonObject;
        fc.pre(!/"(?:_sd|_sd_alg|\.\.\.)":/.test(JSON.stringify(output)));
        const before = JSON.stringify(output);
        const pointers = members.map(([name]) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
        const concealed = conceal(output, ...pointers);
        expect(JSON.stringify(output)).toBe(before);
        expect(Object.keys(concealed.output as object).sort()).toEqual(["_sd", "_sd_alg"]);
        for (const { pointer, disclosure } of concealed.disclosures) {
          const value = output[members[pointers.indexOf(pointer)]?.[0] ?? ""];
          expect(verifyDisclosure(recordOf(concealed.output), disclosure)).toEqual({ valid: true, pointer, value });
        }
      }),
    );
  });
});

describe("a disclosure that proves nothing", () => {
  const { output, disclosures } = conceal({ name: "Ada", list: ["x"] }, "/name", "/list/0");
  const [name = "", item = ""] = disclosures.map(({ disclosure }) => disclosure);
  const hashes = disclosures.map(({ digest: hash }) => hash);

  it.each<[string, ReturnType<typeof recordOf> | { output?: Json }, string, string]>([
    ["of another value", recordOf(output), forged([SALT, "name", "Eve"]), "does not stand in the output"],
    ["of a record without an output", {}, name, "the record has no output"],
    [
      "of an output that was changed",
      { ...recordOf(output), output: { ...(output as JsonObject), more: 1 } },
      name,
      "not the one that the record's hash names",
    ],
    [
      "of a payload that is not there",
      { output: { $blob: "A".repeat(43), size: 9000 } },
      name,
      "put the payload in its place",
    ],
    [
      "with a digest that stands there twice",
      recordOf({ _sd: [hashes[0] ?? "", hashes[0] ?? ""] }),
      name,
      "more than once",
    ],
    ["by another algorithm", recordOf({ ...(output as JsonObject), _sd_alg: "sha-512" }), name, 'made by "sha-512"'],
    ["of a member in the place of an item", recordOf([{ "...": hashes[0] ?? "" }]), name, "a member as an item"],
    [
      "of an item in the place of a member",
      recordOf({ _sd: [hashes[1] ?? ""] }),
      item,
      "a member as an item, or an item as a member",
    ],
    [
      "beside a member of the same name",
      recordOf({ _sd: [hashes[0] ?? ""], name: "Eve" }),
      name,
      'a member "name" stands there already',
    ],
    ["that is no base64url", recordOf(output), `${name}=`, "it is not base64url"],
    ["that is no list", recordOf(output), forged({}), "it is not base64url"],
    ["that is a list of four", recordOf(output), forged([SALT, "a", 1, 2]), "it is not base64url"],
    ["that is a list of one", recordOf(output), forged([SALT]), "it is not base64url"],
    ["that has no salt", recordOf(output), forged([1, "a", 1]), "it is not base64url"],
    ["that has a reserved name", recordOf(output), forged([SALT, "_sd", 1]), "it is not base64url"],
    ["that is no JSON", recordOf(output), "AAAA", "it is not base64url"],
    ["that is no UTF-8", recordOf(output), Buffer.from([0xff]).toString("base64url"), "it is not base64url"],
  ])("is named as one: one %s", (...[, record, disclosure, problem]) => {
    const verdict = verifyDisclosure(record, disclosure);
    expect(verdict).toEqual({ valid: false, problem: expect.stringContaining(problem) as string });
  });
});
