import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "#model";
import { planSchema } from "../../../src/api/plan-file/plan-schema.ts";
import { anyDeclaration } from "./support/any-declaration.ts";
import { planFileOf } from "./support/plan-text.ts";

const PUBLISHED = join(import.meta.dirname, "../../../docs/schemas/plan.schema.json");

/** Every schema of a member inside of a schema, with its path. */
function members(schema: Json, path = ""): readonly (readonly [string, Json])[] {
  if (typeof schema !== "object" || schema === null) return [];
  if (Array.isArray(schema)) return (schema as readonly Json[]).flatMap((one) => members(one, path));
  return Object.entries(schema).flatMap(([name, value]) =>
    name === "properties"
      ? Object.entries(value as object).flatMap(([key, one]: [string, Json]) => [
          [`${path}.${key}`, one] as const,
          ...members(one, `${path}.${key}`),
        ])
      : members(value, path),
  );
}

describe("the published schema of plan files", () => {
  it("is that of this code; print it anew with `verbatim schema plan`", async () => {
    expect(JSON.parse(await readFile(PUBLISHED, "utf8"))).toEqual(planSchema());
  });

  it("describes every member, so that an editor can, and forbids every other", () => {
    const found = members(planSchema());
    expect(found.length).toBeGreaterThan(50);
    expect(found.filter(([, one]) => !Object.hasOwn(one as object, "description")).map(([path]) => path)).toEqual([]);
    expect(JSON.stringify(planSchema())).not.toContain('"additionalProperties":true');
  });

  it("takes every declaration that can be read", () => {
    const valid = new Ajv2020().compile(planSchema());
    fc.assert(
      fc.property(anyDeclaration, (declaration) => {
        const { jobs, ...file } = planFileOf(declaration) as { readonly jobs: ReadonlyMap<string, object> };
        const text = JSON.stringify({ ...file, jobs: Object.fromEntries(jobs) });
        expect(valid(JSON.parse(text)) ? [] : valid.errors).toEqual([]);
      }),
    );
  });

  it.each([
    ["an unknown member", { name: "n", jobs: {}, nme: 1 }],
    ["neither command nor steps", { name: "n", jobs: { a: {} } }],
    ["command and steps", { name: "n", jobs: { a: { command: "x", steps: [] } } }],
    ["parameters beside a command", { name: "n", jobs: { a: { steps: [{ command: "x", parameters: {} }] } } }],
    ["a class that is never tried again", { name: "n", jobs: { a: { command: "x", retry: { on: ["permanent"] } } } }],
    ["a key that is none", { name: "n", jobs: { "a b": { command: "x" } } }],
  ])("refuses %s as the reader of plans does", (_what, file) => {
    expect(new Ajv2020().compile(planSchema())(file)).toBe(false);
  });
});
