import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyProject } from "../../tools/layer-lint/src/canary/throwaway-copy.ts";
import type { ThrowawayCopy } from "../../tools/layer-lint/src/canary/throwaway-copy.ts";
import { readAndCheck } from "../../tools/layer-lint/src/check.ts";
import type { Finding } from "../../tools/layer-lint/src/index.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Breaches that somebody might commit to this house: law, file, text, and the line that has to be named. */
const BREACHES: readonly (readonly [title: string, law: string, file: string, line: number, text: string])[] = [
  [
    "imports the contract's rules as a value",
    "EXEC-005",
    "src/executor/b1.ts",
    1,
    'export * as b from "#governance";\n',
  ],
  [
    "imports the contract's rules as a type",
    "EXEC-005",
    "src/executor/b2.ts",
    1,
    'import type * as b from "#governance";\nexport type B = keyof typeof b;\n',
  ],
  [
    "reaches governance through a file of model",
    "EXEC-005",
    "src/executor/b3.ts",
    2,
    '\nimport type { B } from "../model/b3.ts";\nexport type C = B;\n',
  ],
  [
    "computes the module that it imports",
    "EXEC-005",
    "src/executor/b4.ts",
    1,
    'export const b = await import(["..", "governance", "index.ts"].join("/"));\n',
  ],
  [
    "starts a worker on a file of governance",
    "EXEC-005",
    "src/executor/b5.ts",
    1,
    'import { Worker } from "node:worker_threads";\nexport const b = new Worker(new URL("../governance/index.ts", import.meta.url));\n',
  ],
  [
    "takes the policy off the global object",
    "EXEC-005",
    "src/executor/b6.ts",
    1,
    "export const b: unknown = Reflect.get(globalThis, 'policy');\n",
  ],
  ["loads the model at run time", "LAYER-04", "src/executor/b7.ts", 1, 'export { Fault } from "#model";\n'],
  ["looks at the clock of the machine", "LAYER-09", "src/executor/b8.ts", 1, "export const b = Date.now();\n"],
  [
    "sets a timer of its own",
    "LAYER-09",
    "src/executor/b9.ts",
    1,
    "export const b = setTimeout(() => undefined, 10);\n",
  ],
  ["takes a retry package along", "LAYER-09", "src/executor/b10.ts", 1, 'export { default } from "p-retry";\n'],
];

describe("a breach in the executor is named with law and place", () => {
  let copy: ThrowawayCopy;
  let violations: readonly Finding[];

  beforeAll(async () => {
    const { reading } = await readAndCheck({ root: ROOT });
    if (reading === undefined) throw new Error("the house cannot be read; house.test.ts says why");
    copy = copyProject(reading.project);
    copy.plant(BREACHES.map(([, , path, , text]) => ({ path, text })));
    copy.plant([
      {
        path: "src/model/b3.ts",
        text: 'import type * as b from "../governance/index.ts";\nexport type B = keyof typeof b;\n',
      },
    ]);
    ({ violations } = (await readAndCheck({ root: copy.root })).report);
  });

  afterAll(() => {
    copy[Symbol.dispose]();
  });

  it.each(BREACHES)("an executor that %s breaks %s", (...[, law, file, line]) => {
    expect(
      violations.filter((finding) => finding.law === law).map((finding) => `${finding.file}:${finding.line}`),
    ).toContain(`${file}:${line}`);
  });

  it("an executor that reaches governance through model is shown the whole chain", () => {
    const finding = violations.find((each) => each.law === "EXEC-005" && each.file === "src/executor/b3.ts");
    expect(finding?.chain.map((hop) => hop.file)).toEqual([
      "src/executor/b3.ts",
      "src/model/b3.ts",
      "src/governance/index.ts",
    ]);
  });
});
