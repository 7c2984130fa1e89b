import type { Change, Mutant } from "./mutant.ts";

const EXECUTE_JOB = "src/executor/execute-job.ts";
const RUN_JOB = "src/worker/run-job.ts";
const RUN_JOB_IMPORT = 'import { closingRecords } from "./job-records.ts";';

/** One line more than LAYER-10 allows, whatever there is already. */
const FOUR_HUNDRED_LINES = Array.from({ length: 400 }, (_, index) => `export const line${index} = ${index};`).join(
  "\n",
);

/** Each of the house's laws broken once, in a way that the tests of behaviour would let pass, or that they need not see first. */
const BREACHES: readonly (readonly [name: string, law: string, file: string, change: Change])[] = [
  added("health-knows-contracts", "LAYER-01", {
    file: "src/health/health-observer.ts",
    after: 'import type { HealthStatus, JsonObject } from "#model";',
    text: 'export type { Contract } from "#governance";',
  }),
  added("deep-import-past-the-face", "LAYER-02", {
    file: RUN_JOB,
    after: RUN_JOB_IMPORT,
    text: 'export type { EligibilityFacts } from "../governance/eligibility/facts.ts";',
  }),
  added("two-nouns-that-need-each-other", "LAYER-03", {
    file: "src/model/json.ts",
    after: "/** A JSON object. */",
    text: 'export type { Job } from "./job.ts";',
  }),
  added("executor-loads-the-limits", "LAYER-04", {
    file: EXECUTE_JOB,
    after: "const DEFAULT_GRACE_MS = 5000;",
    text: 'export { LIMITS } from "#model";',
  }),
  [
    "folder-that-no-layer-names",
    "LAYER-05",
    "layers.json",
    [
      '"path": "src/governance",',
      '"path": ["src/governance/admission", "src/governance/contract", "src/governance/index.ts", "src/governance/instant.ts", "src/governance/named.ts", "src/governance/phrase.ts"],',
    ],
  ],
  added("store-chosen-outside-of-main", "LAYER-06", {
    file: RUN_JOB,
    after: RUN_JOB_IMPORT,
    text: 'export { createSqliteStore } from "#evidence";',
  }),
  added("job-admitted-by-a-cast", "LAYER-07", {
    file: RUN_JOB,
    after: RUN_JOB_IMPORT,
    text: 'export const admit = (job: unknown) => job as import("#model").AdmittedJob;',
  }),
  added("clock-read-by-the-executor", "LAYER-09", {
    file: EXECUTE_JOB,
    after: "const DEFAULT_GRACE_MS = 5000;",
    text: "export const begun = new Date();",
  }),
  added("executor-grown-beyond-one-sitting", "LAYER-10", {
    file: EXECUTE_JOB,
    after: "const DEFAULT_GRACE_MS = 5000;",
    text: FOUR_HUNDRED_LINES,
  }),
  added("words-of-the-wire-in-the-face", "LAYER-12", {
    file: "src/api/index.ts",
    after: 'export { connectClient } from "./grpc/client.ts";',
    text: 'export type * as wire from "./gen/verbatim/executor/v1/executor_pb.ts";',
  }),
  added("decider-that-admits", "LAYER-13", {
    file: "src/governance/eligibility/decide-eligibility.ts",
    after: 'import { readFacts } from "./read-facts.ts";',
    text: 'export { admitJob } from "../admission/admit-job.ts";',
  }),
  added("network-reached-from-orchestration", "LAYER-15", {
    file: RUN_JOB,
    after: RUN_JOB_IMPORT,
    text: 'export { connect } from "node:net";',
  }),
  added("thread-started-from-orchestration", "LAYER-16", {
    file: RUN_JOB,
    after: RUN_JOB_IMPORT,
    text: 'export const { Worker } = process.getBuiltinModule("worker_threads");',
  }),
  [
    "decider-that-no-program-loads",
    "LAYER-20",
    "src/governance/index.ts",
    ['export { decideTransition } from "./contract/decide-transition.ts";\n', ""],
  ],
  added("port-with-code-in-it", "PORT-01", {
    file: "src/health/health-observer.ts",
    after: 'import type { HealthStatus, JsonObject } from "#model";',
    text: "export const LIMIT_MS = 1000;",
  }),
  added("verdict-merged-into-a-type-of-the-language", "EXEC-005", {
    file: "src/governance/eligibility/decide-eligibility.ts",
    after: 'import { readFacts } from "./read-facts.ts";',
    text: "declare global {\n  interface AbortSignal {\n    readonly verdict?: EligibilityVerdict;\n  }\n}",
  }),
  ["steps-from-the-last", "EXEC-001", EXECUTE_JOB, ["of steps) {", "of steps.toReversed()) {"]],
  [
    "result-of-success-not-recorded",
    "EXEC-002",
    EXECUTE_JOB,
    ["      progress.results.push(result);", '      if (result.status === "FAILED") progress.results.push(result);'],
  ],
  ["failure-gone-on-from", "EXEC-003", EXECUTE_JOB, ['      if (result.status === "FAILED") break;\n', ""]],
  [
    "health-that-decides",
    "EXEC-004",
    EXECUTE_JOB,
    [
      "    progress.healthBefore =",
      '    if ((await health?.observeHealth())?.status === "BLOCKED") return concludeJob(job, progress, machine);\n    progress.healthBefore =',
    ],
  ],
  [
    "handler-called-again-in-its-catch",
    "EXEC-006",
    "src/executor/perform.ts",
    [
      '      return { kind: "threw", thrown };',
      '      if (thrown instanceof Error) return { kind: "returned", value: await handler.execute(step, context, { signal: handed.signal }) };\n      return { kind: "threw", thrown };',
    ],
  ],
];

/** Watched by the checker alone: it has to see them without anything being run. */
export const HOUSE_MUTANTS: readonly Mutant[] = BREACHES.map(([name, law, file, [search, replace]]) => ({
  name,
  breaks: law,
  edits: [{ file, search, replace }],
  watch: { laws: [law] },
}));

function added(
  name: string,
  law: string,
  { file, after, text }: { readonly file: string; readonly after: string; readonly text: string },
): readonly [name: string, law: string, file: string, change: Change] {
  return [name, law, file, [after, `${after}\n${text}`]];
}
