import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import { project } from "./support/fixture.ts";

const RULE = "export interface Rule { readonly name: string }\n";

const added = (module: string): string => `export {};\ndeclare module "${module}" {\n  interface Added {}\n}\n`;

async function sealed(changes: Record<string, string>): Promise<string[]> {
  using fixture = project(changes);
  const { violations } = await check({ root: fixture.root });
  return violations
    .filter(({ law }) => law === "SEALED")
    .map(({ file, line, message }) => `${file}:${line} ${message}`);
}

describe("a type that is added to what a machine layer knows comes in without an import", () => {
  it.each(["AbortSignal", "ReadonlyArray<T>", "Error"])("finds what policy adds to the global %s", async (name) => {
    const text = `${RULE}declare global {\n  interface ${name} {\n    readonly rule?: Rule;\n  }\n}\n`;
    expect(await sealed({ "src/policy/rule.ts": text })).toEqual([
      `src/policy/rule.ts:1 It adds to the global ${name.replace("<T>", "")}, which engine knows: what it adds comes in without being imported`,
    ]);
  });

  it.each(["#model", "../model/nouns.ts"])("finds what policy adds to %s, which the layer imports", async (module) => {
    const text = `${RULE}declare module "${module}" {\n  interface Added {\n    readonly rule: Rule;\n  }\n}\n`;
    expect((await sealed({ "src/policy/rule.ts": text })).join()).toMatch(
      /^src\/policy\/rule.ts:2 It adds to the types of src\/model\/\w+.ts, which engine knows/,
    );
  });

  it("lets be what is added to modules that the layer does not know, and by layers that are not sealed off", async () => {
    expect(
      await sealed({
        "src/policy/rule.ts": added("./admit.ts"),
        "src/hands/more.ts": `${added("#model")}declare global {\n  interface Error {}\n}\n`,
      }),
    ).toEqual([]);
  });
});
