import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configPrint, configSchemaAnswer, configTest } from "../src/commands/config.ts";
import { layersJsonSchema } from "../src/config/json-schema.ts";
import { LAW_KINDS } from "../src/laws/index.ts";
import type { Files } from "./support/fixture.ts";
import { configured, LAYERS, project } from "./support/fixture.ts";
import { withLaws } from "./support/further-laws.ts";

const PUBLISHED = join(import.meta.dirname, "../layers.schema.json");

describe("config schema", () => {
  it("prints what is published; if not: layer-lint config schema > tools/layer-lint/layers.schema.json, then format", () => {
    const { text, exitCode } = configSchemaAnswer();
    expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(PUBLISHED, "utf8")));
    expect(exitCode).toBe(0);
  });

  it("knows every kind of law, and every key at the top has words for an editor to show", () => {
    const schema = layersJsonSchema(LAW_KINDS) as {
      readonly properties: Readonly<Record<string, { readonly description?: string }>>;
    }; // as: the parts that are looked at
    const text = JSON.stringify(schema);
    expect(LAW_KINDS.filter(({ kind }) => !text.includes(`"const":"${kind}"`))).toEqual([]);
    const silent = Object.entries(schema.properties).filter(([, { description }]) => description === undefined);
    expect(silent.map(([key]) => key)).toEqual(["layers", "machine"]);
  });
});

describe("config print", () => {
  it("says of every value whether it is written, and in which line, or is a default", () => {
    using fixture = project(withLaws({ A: { kind: "independent", among: ["policy", "hands"], reason: "So it is." } }));
    const { text, exitCode } = configPrint({ root: fixture.root }, "json");
    expect(exitCode).toBe(0);
    const values = new Map(
      (JSON.parse(text) as { key: string; value: unknown; from: string }[]).map(({ key, ...rest }) => [key, rest]), // as: what effectiveValues makes
    );
    expect(values.get("root")).toEqual({ value: ["src"], from: "layers.json:2" });
    expect(values.get("unassigned")).toEqual({ value: "refuse", from: "default" });
    expect(values.get("layers[0].face")).toEqual({ value: "index.ts", from: "default" });
    expect(values.get("laws.A.reason")).toEqual({
      value: "So it is.",
      from: expect.stringMatching(/^layers.json:\d+$/),
    });
    expect(values.get("laws.A.transitive")).toEqual({ value: true, from: "default" });
    expect(values.get("laws.A.help")?.from).toBe("default");
  });

  it("shows what globs stand for, one value a line", () => {
    const layers = [{ name: "all", path: "src/*", mayImport: [] }];
    using fixture = project(configured((config) => ({ ...config, layers, laws: {} })));
    const { text } = configPrint({ root: fixture.root }, "pretty");
    expect(text).toContain(
      'layers[0].path = ["src/engine","src/hands","src/main","src/model","src/policy"]  # layers.json:',
    );
  });

  it("prints what is wrong, with the place, when the configuration cannot be read", () => {
    using fixture = project({ "layers.json": '{ "rot": "src" }' });
    const { text, exitCode } = configPrint({ root: fixture.root }, "pretty");
    expect(text).toContain('layers.json:1:3 rot: unknown key "rot"');
    expect(exitCode).toBe(2);
  });
});

const FIRING = { name: "a model that knows", files: { "src/model/s.ts": 'export * from "#policy";\n' }, fires: true };
const SILENT = { files: { "src/main/s.ts": 'export * from "#policy";\n' }, fires: false };

function sampled(...samples: readonly object[]): Files {
  return withLaws({ MATRIX: { kind: "allow-matrix", samples } });
}

describe("config test", () => {
  it("says for every law that what is planted is caught, and that the samples do as told", async () => {
    using fixture = project(sampled(FIRING, SILENT));
    const { text, exitCode } = await configTest({ root: fixture.root }, "pretty");
    expect(text.split("\n")).toEqual([
      expect.stringMatching(/^caught {2}MATRIX: \d+ planted$/),
      "caught  MATRIX: a model that knows",
      "silent  MATRIX: sample 2",
      "",
    ]);
    expect(exitCode).toBe(0);
  });

  it.each([
    ["a sample that does not fire and should", { ...SILENT, fires: true }, "it does not fire"],
    [
      "a sample that fires and should not",
      { ...FIRING, fires: false },
      "it fires: src/model/s.ts:1 model imports policy",
    ],
    [
      "a silent sample that cannot be read",
      { files: { "src/main/s.ts": "export const = 1;\n" }, fires: false },
      "it cannot be proven: src/main/s.ts:1",
    ],
  ])("ends with 2 for %s", async (_title, sample, says) => {
    using fixture = project(sampled(sample));
    const { text, exitCode } = await configTest({ root: fixture.root }, "json");
    expect(exitCode).toBe(2);
    expect(JSON.parse(text)).toMatchObject({ ok: false, samples: [{ problem: expect.stringContaining(says) }] });
  });

  it("puts a sample in place of the file that is there, and leaves the project as it is", async () => {
    const path = "src/policy/admit.ts";
    const files = { [path]: 'export { run as admit, type Rule } from "#engine";\n' };
    using fixture = project(sampled({ files, fires: true }));
    const before = readFileSync(join(fixture.root, path), "utf8");
    expect(await configTest({ root: fixture.root }, "pretty")).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(fixture.root, path), "utf8")).toBe(before);
  });

  it("ends with 2 and says why when the project cannot be read", async () => {
    using fixture = project({ "tsconfig.json": null });
    const { text, exitCode } = await configTest({ root: fixture.root }, "pretty");
    expect(text).toContain("The laws could not be tested: tsconfig: tsconfig.json is not there");
    expect(exitCode).toBe(2);
  });

  it("refuses a sample that would be written outside of the copy", async () => {
    using fixture = project(sampled({ files: { "../x.ts": "" }, fires: false }));
    const { text, exitCode } = await configTest({ root: fixture.root }, "pretty");
    expect(text).toContain("is no path from the project root");
    expect(exitCode).toBe(2);
  });

  it("has laws of which every kind brings a reason and a help of its own", () => {
    const entries: Readonly<Record<string, { readonly kind: string }>> = LAYERS.laws;
    const laws = LAW_KINDS.flatMap((kind) =>
      Object.values(entries)
        .filter((entry) => entry.kind === kind.kind)
        .map((entry) => kind.bind("X", entry)),
    );
    for (const { kind, why, help } of laws) {
      expect(why, kind).toMatch(/^[A-Z].{20,}/);
      expect(help, kind).toMatch(/^[A-Z].{20,}/);
    }
  });
});
