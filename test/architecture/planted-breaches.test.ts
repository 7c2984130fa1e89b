import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../tools/layer-lint/src/index.ts";

const ROOT = join(import.meta.dirname, "../..");
const JOB = "src/executor/execute-job.ts";
const PERFORM = "src/executor/perform.ts";

/** A mistake in the executor, the law that has to name it, and what is changed for it. */
type Breach = readonly [
  title: string,
  law: string,
  file: string,
  edits: readonly (readonly [from: string, to: string])[],
];

const FIRST_LINE = 'import type { ExecutionContext, StepHandler } from "#effects";\n';
const LOOP = "for (const step of steps) {";
const CALL = 'return { kind: "returned", value: await handler.execute(step, context, { signal: handed.signal }) };';

const BREACHES: readonly Breach[] = [
  [
    "a value of governance",
    "EXEC-005",
    JOB,
    [[FIRST_LINE, `${FIRST_LINE}import { decideEligibility } from "#governance";\nvoid decideEligibility;\n`]],
  ],
  [
    "a type of governance",
    "EXEC-005",
    JOB,
    [[FIRST_LINE, `${FIRST_LINE}export type { Contract } from "../governance/contract/contract.ts";\n`]],
  ],
  [
    "an import whose name is computed",
    "EXEC-005",
    JOB,
    [[FIRST_LINE, `${FIRST_LINE}export const load = (name: string) => import(\`#\${name}\`);\n`]],
  ],
  [
    "a worker of governance",
    "EXEC-005",
    JOB,
    [
      [
        FIRST_LINE,
        `${FIRST_LINE}import { Worker } from "node:worker_threads";\nexport const start = () => new Worker(new URL("../governance/index.ts", import.meta.url));\n`,
      ],
    ],
  ],
  [
    "a retry loop around the handler",
    "EXEC-006",
    PERFORM,
    [
      [
        CALL,
        `for (let again = 0; again < 2; again += 1) await handler.execute(step, context, { signal: handed.signal });\n      ${CALL}`,
      ],
    ],
  ],
  ["a second try when the first one threw", "EXEC-006", PERFORM, [['return { kind: "threw", thrown };', CALL]]],
  [
    "steps that are sorted",
    "EXEC-001",
    JOB,
    [[LOOP, "for (const step of [...steps].sort((a, b) => a.target.localeCompare(b.target))) {"]],
  ],
  ["steps that are gone over backwards", "EXEC-001", JOB, [[LOOP, "for (const step of steps.toReversed()) {"]]],
  [
    "a failure after which the next step is taken up",
    "EXEC-003",
    JOB,
    [['      if (result.status === "FAILED") break;\n', ""]],
  ],
  [
    "a failure that is swallowed",
    "EXEC-003",
    PERFORM,
    [['return { kind: "threw", thrown };', 'return { kind: "returned", value: undefined };']],
  ],
  ["a result that is not kept", "EXEC-002", JOB, [["      progress.results.push(result);\n", ""]]],
  [
    "results that are taken away",
    "EXEC-002",
    JOB,
    [["    if (written.length > 0) yield written;", "    progress.results.length = 0;"]],
  ],
  [
    "health that decides",
    "EXEC-004",
    "src/executor/observe.ts",
    [
      [
        "const snapshot = frozenJson(seen);",
        'const snapshot = frozenJson(seen);\n    if ((seen as { readonly down?: boolean }).down) throw new Error("down");',
      ],
    ],
  ],
];

describe("a breach in the executor itself is found by the check of this repository", () => {
  let copy: string;
  beforeAll(() => {
    copy = realpathSync(mkdtempSync(join(tmpdir(), "verbatim-breach-")));
    for (const name of ["src", "package.json", "tsconfig.json", "layers.json"])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  // All of them read what the first one has kept of the other files, as on a maintainer's machine: no breach may hide behind that.
  it("and the copy in which they are planted is clean before", async () => {
    expect((await check({ root: copy, cache: join(copy, ".cache") })).violations).toEqual([]);
  });

  it.each(BREACHES)("%s breaks %s in %s", async (...[, law, file, edits]) => {
    const path = join(copy, file);
    const before = readFileSync(path, "utf8");
    const after = edits.reduce((text, [from, to]) => text.replace(from, () => to), before);
    expect(after).not.toBe(before);
    writeFileSync(path, after);
    try {
      const { exitCode, violations } = await check({ root: copy, cache: join(copy, ".cache") });
      expect(exitCode).not.toBe(0);
      const named = violations.filter((each) => each.law === law && each.severity === "violation");
      expect(
        named.map((each) => each.file),
        violations.map((each) => `${each.law} ${each.message}`).join("\n"),
      ).toContain(file);
    } finally {
      writeFileSync(path, before);
    }
  });

  it("a type of governance that comes through model breaks EXEC-005 with the whole way", async () => {
    const model = join(copy, "src/model/index.ts");
    const before = readFileSync(model, "utf8");
    writeFileSync(model, `${before}export type { Contract } from "../governance/contract/contract.ts";\n`);
    try {
      const { violations } = await check({ root: copy, cache: join(copy, ".cache") });
      const found = violations.find(({ law, file }) => law === "EXEC-005" && file.startsWith("src/executor/"));
      expect(found?.chain.map((hop) => hop.file)).toEqual([
        found?.file,
        "src/model/index.ts",
        "src/governance/contract/contract.ts",
      ]);
    } finally {
      writeFileSync(model, before);
    }
  });
});
