import { issueProblems, located, locatedDocument } from "#document";
import type { LocatedDocument, LocatedProblem } from "#document";
import type { PlanDeclaration, Violation } from "#model";
import { Fault, LIMITS } from "#model";
import { crossProblems } from "./cross-checks.ts";
import { declarationOf } from "./declaration.ts";
import { planMessage } from "./plan-messages.ts";
import { planFileSchema } from "./plan-schema.ts";
import type { PlanFile } from "./plan-schema.ts";
import { PLAN_FILE_LIMITS } from "./plan-terms.ts";
import { placedViolations } from "./violation-places.ts";

/** Levels of nesting around the parameters of a step: the file, its jobs, the job, its steps, the step. */
const OUTER_LEVELS = 5;

/** A plan that was read, and where in its file each of its members stands. */
export interface ReadPlan {
  readonly declaration: PlanDeclaration;
  /** Violations of what is declared, as compiling finds them, told by `name:line` where they speak of the file. */
  locate(violations: readonly Violation[]): readonly Violation[];
}

/**
 * Reads a plan from YAML or JSON. Its form is checked, nothing is resolved. `name` is what the file is called.
 * @throws {Fault} INVALID_REQUEST that lists every problem, each with `name:line`.
 */
export function readPlan(text: string, name: string): ReadPlan {
  const bytes = Buffer.byteLength(text);
  if (bytes > PLAN_FILE_LIMITS.fileBytes) {
    const most = `at most ${PLAN_FILE_LIMITS.fileBytes} are allowed: split it`;
    throw new Fault("INVALID_REQUEST", `The plan in ${name} has ${bytes} bytes; ${most}.`);
  }
  const document = locatedDocument(text, { outerLevels: OUTER_LEVELS });
  const file = checkedPlan(name, document);
  return {
    declaration: declarationOf(file, document),
    locate: (violations) => placedViolations(violations, { name, document }),
  };
}

function checkedPlan(name: string, document: LocatedDocument): PlanFile {
  const problems = document.problems.length > 0 ? document.problems : tooLarge(document);
  if (problems.length > 0) throw invalidPlan(name, problems);
  const read = planFileSchema.safeParse(document.value, { error: planMessage });
  const found = [
    ...(read.error === undefined ? [] : issueProblems(read.error.issues, document, planFileSchema)),
    ...crossProblems(document),
  ];
  if (read.data === undefined || found.length > 0) throw invalidPlan(name, found);
  return read.data;
}

/** Told alone: what else is wrong with so many is not looked for. */
function tooLarge(document: LocatedDocument): readonly LocatedProblem[] {
  const jobs = document.names(["jobs"]).length;
  if (jobs <= LIMITS.jobsPerPlan) return [];
  return [document.problemAt(["jobs"], `has ${jobs} jobs; at most ${LIMITS.jobsPerPlan} are allowed: split the plan`)];
}

function invalidPlan(name: string, problems: readonly LocatedProblem[]): Fault {
  return new Fault("INVALID_REQUEST", `The plan in ${name} is not valid.`, { violations: located(name, problems) });
}
