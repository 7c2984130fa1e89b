import { createRequire } from "node:module";
import { join } from "node:path";
import type { ICruiseResult, IFlattenedRuleSet } from "dependency-cruiser";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { describe, expect, it } from "vitest";
import { copyProject } from "../../tools/layer-lint/src/canary/throwaway-copy.ts";
import { readAndCheck } from "../../tools/layer-lint/src/check.ts";

const ROOT = join(import.meta.dirname, "../..");

interface CruiserConfig {
  readonly forbidden: readonly { readonly name: string; readonly comment?: string }[];
  readonly options: object;
}

// as: the file is JavaScript without types; what the tests need of its form they check
const config = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as CruiserConfig;

/** Laws that a graph of imports can express, and files that break them; each by itself. */
const BREACHES: readonly (readonly [law: string, file: string, text: string])[] = [
  ["LAYER-01", "src/model/c1.ts", 'export type * as c from "../evidence/index.ts";\n'],
  ["LAYER-01", "src/governance/c1.ts", 'export type * as c from "#effects";\n'],
  ["LAYER-02", "src/effects/c2.ts", 'export { LIMITS } from "../model/limits.ts";\n'],
  ["LAYER-03", "src/model/c3.ts", 'export type * as c from "./c3b.ts";\n'],
  ["LAYER-04", "src/executor/c4.ts", 'export { LIMITS } from "#model";\n'],
  ["LAYER-05", "src/utils/c5.ts", 'export type * as c from "../model/index.ts";\n'],
  ["LAYER-06", "src/api/c6.ts", 'export * as c from "../evidence/evidence-stores/c6b.ts";\n'],
  ["LAYER-09", "src/executor/c9.ts", 'export { readFileSync } from "node:fs";\n'],
  ["LAYER-09", "src/executor/c9b.ts", 'export { z } from "zod";\n'],
  ["LAYER-11", "src/health/c12.ts", 'export type * as c from "../model/c12b.ts";\n'],
  ["LAYER-12", "src/api/c13.ts", 'export type * as c from "./gen/verbatim/executor/v1/executor_pb.ts";\n'],
  ["LAYER-13", "src/governance/c14.ts", 'export { admitJob } from "./admission/admit-job.ts";\n'],
  ["LAYER-14", "src/orchestration/c15.ts", 'export { readFileSync } from "fs";\n'],
  ["LAYER-15", "src/orchestration/c16.ts", 'export { createServer } from "node:http2";\n'],
  ["LAYER-16", "src/model/c17.ts", 'export { Worker } from "node:worker_threads";\n'],
  ["LAYER-19", "src/orchestration/c18.ts", 'export { z } from "zod";\n'],
  ["LAYER-20", "src/model/c19.ts", "export const c = 1;\n"],
  ["EXEC-005", "src/executor/c10.ts", 'export type * as c from "#governance";\n'],
  ["EXEC-005", "src/executor/c11.ts", 'export type * as c from "../model/c11b.ts";\n'],
];

const HELPERS = [
  { path: "src/model/c3b.ts", text: 'export type * as c from "./c3.ts";\n' },
  { path: "src/evidence/evidence-stores/c6b.ts", text: "export const c = 1;\n" },
  { path: "src/model/c12b.ts", text: 'export type * as c from "../effects/index.ts";\n' },
  { path: "src/model/c11b.ts", text: 'export type * as c from "../governance/index.ts";\n' },
];

/** `LAW file` for every violation that the rules of .dependency-cruiser.cjs find. */
async function cruiserFindings(root: string): Promise<Set<string>> {
  const { output } = await cruise(
    ["src"],
    // as: IFlattenedRuleSet is the form that `forbidden` has; the names of the options are dependency-cruiser's own
    {
      ...config.options,
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: config.forbidden } as IFlattenedRuleSet,
      tsConfig: { fileName: join(root, "tsconfig.json") },
    },
    undefined,
    { tsConfig: extractTSConfig(join(root, "tsconfig.json")) },
  );
  const { summary, modules } = output as ICruiseResult; // as: without an output type the result is never text
  expect(modules.length).toBeGreaterThan(20);
  return new Set(summary.violations.map(({ rule, from }) => `${rule.name.split("/")[0]} ${from}`));
}

describe("the rules of dependency-cruiser follow from layers.json", () => {
  it("carry a law's id in the name and its reason as comment", async () => {
    const { reading } = await readAndCheck({ root: ROOT });
    const reasons = new Map(reading?.laws.map((law) => [law.id, law.why]));
    expect(config.forbidden.length).toBeGreaterThan(20);
    for (const { name, comment } of config.forbidden) {
      const law = name.split("/")[0] ?? "";
      if (law !== "CONFIG") expect(comment, name).toBe(reasons.get(law));
      expect(comment, name).toMatch(/.{20,}/);
    }
  });

  it("find nothing in the house, as layer-lint finds nothing", async () => {
    expect([...(await cruiserFindings(ROOT))]).toEqual([]);
  });

  it("agree with layer-lint on every breach that a graph can show", async () => {
    const { reading } = await readAndCheck({ root: ROOT });
    if (reading === undefined) throw new Error("the house cannot be read; house.test.ts says why");
    using copy = copyProject(reading.project);
    copy.plant([...BREACHES.map(([, path, text]) => ({ path, text })), ...HELPERS]);
    const { violations } = (await readAndCheck({ root: copy.root })).report;
    const ours = new Set(violations.map(({ law, file }) => `${law} ${file}`));
    const theirs = await cruiserFindings(copy.root);
    for (const [law, file] of BREACHES) {
      expect(ours, "layer-lint").toContain(`${law} ${file}`);
      expect(theirs, "dependency-cruiser").toContain(`${law} ${file}`);
    }
    // What dependency-cruiser finds and layer-lint does not would be a hole in layer-lint. A ring counts once for us.
    expect([...theirs].filter((finding) => !ours.has(finding) && !finding.startsWith("LAYER-03"))).toEqual([]);
  });
});
