import type { Mutant } from "./mutant.ts";

const EXECUTE_JOB = "src/executor/execute-job.ts";
const FIRST_IMPORT = 'import type { ExecutionContext, StepHandler } from "#effects";';

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
