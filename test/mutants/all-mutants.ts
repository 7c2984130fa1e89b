import { EVIDENCE_MUTANTS } from "./evidence-mutants.ts";
import { EXECUTOR_MUTANTS } from "./executor-mutants.ts";
import { FAULT_MUTANTS } from "./fault-mutants.ts";
import { LAYER_MUTANTS, TOUCHING_MUTANTS } from "./layer-mutants.ts";
import type { Mutant } from "./mutant.ts";

/** Every mutant there is. */
export const ALL_MUTANTS: readonly Mutant[] = [
  ...EXECUTOR_MUTANTS,
  ...LAYER_MUTANTS,
  ...TOUCHING_MUTANTS,
  ...EVIDENCE_MUTANTS,
  ...FAULT_MUTANTS,
];
