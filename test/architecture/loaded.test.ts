import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assertLoaded } from "../../tools/layer-lint/src/testing/index.ts";

const ROOT = join(import.meta.dirname, "../..");

const { imports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly imports: Readonly<Record<string, string>>;
}; // as: npm checks its form
const { laws } = JSON.parse(readFileSync(join(ROOT, "layers.json"), "utf8")) as {
  readonly laws: { readonly "LAYER-20": { readonly entries: readonly string[] } };
}; // as: layer-lint checks its form

/** Programs that load the entries; threads have to be started by who knows what they need. */
const PROGRAMS = [
  { entry: "src/main/bin.ts", args: ["--help"] },
  { entry: "test/architecture/programs/whole-server.ts", args: [] },
  { entry: "test/architecture/programs/provider-process.ts", args: [] },
  // Ends at once, for nobody speaks to it.
  { entry: "src/effects/step-handlers/command-run/supervisor-process.ts", args: [] },
];

describe("LAYER-01, LAYER-04: what is loaded at run time is what layers.json allows", () => {
  it.each(Object.entries(imports))("LAYER-01: %s, imported by its name, loads nothing else", async (entry, path) => {
    const { loaded } = await assertLoaded({ root: ROOT, entry });
    expect(loaded[0]).toMatchObject({ file: path.replace("./", ""), layer: entry.slice(1), from: [] });
  });

  it("LAYER-01: the programs load every entry there is, threads included, and nothing else", async () => {
    const reports = [];
    for (const program of PROGRAMS) reports.push(await assertLoaded({ root: ROOT, ...program }));
    const files = new Set(reports.flatMap(({ loaded }) => loaded.map(({ file }) => file)));
    expect(laws["LAYER-20"].entries.filter((entry) => !files.has(entry))).toEqual([]);
  });
});
