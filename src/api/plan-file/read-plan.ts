import { parse } from "yaml";
import type { PlanDeclaration, Violation } from "#model";

/** A plan as its text declares it. */
export interface ReadPlan {
  readonly declaration: PlanDeclaration;
  /** The same violations, told by `name:line` where they speak of the text. */
  locate(violations: readonly Violation[]): readonly Violation[];
}

/** Stand-in until the checked reader is merged. */
export function readPlan(text: string, _name: string): ReadPlan {
  return { declaration: parse(text) as PlanDeclaration, locate: (violations) => violations };
}
