import type { Mutant } from "./mutant.ts";

const EXECUTE_JOB = "src/executor/execute-job.ts";
const FIRST_IMPORT = 'import type { ExecutionContext, StepHandler } from "#effects";';
const RUN_JOB = "src/worker/run-job.ts";
const RUN_JOB_IMPORT = 'import { closingRecords } from "./job-records.ts";';

/** A contract imported into the executor, in every way that a reviewer could overlook. */
export const LAYER_MUTANTS: readonly Mutant[] = [
  {
    name: "contract-imported-as-a-value",
    breaks: "EXEC-005",
    edits: [
      {
        file: EXECUTE_JOB,
        search: FIRST_IMPORT,
        replace: `${FIRST_IMPORT}\nimport { decideTransition } from "#governance";\nexport const decide = decideTransition;`,
      },
    ],
    watch: { laws: ["EXEC-005"] },
  },
  {
    name: "contract-imported-as-a-type",
    breaks: "EXEC-005",
    edits: [
      {
        file: EXECUTE_JOB,
        search: FIRST_IMPORT,
        replace: `${FIRST_IMPORT}\nimport type { Contract } from "#governance";\nexport type Known = Contract;`,
      },
    ],
    watch: { laws: ["EXEC-005"] },
  },
  {
    name: "contract-imported-through-model",
    breaks: "EXEC-005",
    edits: [
      {
        file: "src/model/job.ts",
        search: 'import type { JsonObject } from "./json.ts";',
        replace:
          'import type { JsonObject } from "./json.ts";\nexport type { Contract } from "../governance/contract/contract.ts";',
      },
    ],
    watch: { laws: ["EXEC-005"] },
  },
  {
    name: "contract-imported-by-a-computed-name",
    breaks: "EXEC-005",
    edits: [
      {
        file: EXECUTE_JOB,
        search: "const DEFAULT_GRACE_MS = 5000;",
        replace:
          'const DEFAULT_GRACE_MS = 5000;\nexport const load = (name: string): Promise<unknown> => import(["#govern", name].join(""));',
      },
    ],
    watch: { laws: ["LAYER-08"] },
  },
];

/** Reaching for what is handed in, or for a neighbour, in ways that a list of bad words would overlook. */
const TOUCHING: readonly (readonly [name: string, law: string, file: string, search: string, added: string])[] = [
  [
    "health-knows-evidence",
    "LAYER-11",
    "src/health/health-observer.ts",
    'import type { HealthStatus, JsonObject } from "#model";',
    'export type { EvidenceStore } from "../evidence/evidence-store.ts";',
  ],
  [
    "file-read-by-another-alias",
    "LAYER-14",
    RUN_JOB,
    RUN_JOB_IMPORT,
    'export const read: unknown = process.getBuiltinModule("fs/promises");',
  ],
  [
    "environment-read-through-global-object",
    "LAYER-17",
    RUN_JOB,
    RUN_JOB_IMPORT,
    "export const { process: { env: read } } = globalThis;",
  ],
  [
    "clock-read-under-another-name",
    "LAYER-18",
    RUN_JOB,
    RUN_JOB_IMPORT,
    "const D = Date;\nexport const read = D.now();",
  ],
  [
    "package-in-a-layer-that-decides",
    "LAYER-19",
    "src/governance/admission/admit-job.ts",
    'import type { AdmittedJob, Job, Violation } from "#model";',
    'export { z } from "zod";',
  ],
];

/** Laws about who touches what, each broken once. */
export const TOUCHING_MUTANTS: readonly Mutant[] = TOUCHING.map(([name, law, file, search, added]) => ({
  name,
  breaks: law,
  edits: [{ file, search, replace: `${search}\n${added}` }],
  watch: { laws: [law] },
}));
