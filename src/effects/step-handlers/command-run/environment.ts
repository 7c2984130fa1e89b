import type { Json, Violation } from "#model";
import type { ExecutionContext } from "../../step-handler.ts";
import { isGuardedName } from "./guarded-names.ts";

/** What a child's environment is made of. The server's own environment is never part of it. */
export interface EnvironmentPolicy {
  /** What every child gets, for example `PATH`, `HOME`, `LANG`. A step may set other values. */
  readonly values: Readonly<Record<string, string>>;
  /**
   * Guarded names (`PATH`, `LD_PRELOAD`, `NODE_OPTIONS`, ... see `guarded-names.ts`) that a step may set all the same.
   * Default none. Names that are not guarded need no entry; `VERBATIM_*` is reserved whatever stands here.
   */
  readonly allow?: readonly string[];
}

/** What a variable's name looks like. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Linux takes no argument and no `NAME=value` of 128 KiB or more, its final NUL included. */
export const ARGUMENT_BYTES = 128 * 1024 - 1;

const VARIABLES_PER_STEP = 1000;

/** All problems of the names (not of the values' types) that a step declares; looks at the raw JSON, changes nothing. */
export function checkEnvironment(declared: Json | undefined, policy: EnvironmentPolicy): Violation[] {
  if (typeof declared !== "object" || declared === null || Array.isArray(declared)) return [];
  const names = Object.keys(declared);
  const violations: Violation[] = [];
  if (names.length > VARIABLES_PER_STEP) {
    const description = `has ${names.length} variables, expected at most ${VARIABLES_PER_STEP}`;
    violations.push({ field: "environment", description });
  }
  for (const name of names) {
    const description = nameProblem(name, policy);
    if (description !== undefined) violations.push({ field: variableField(name), description });
  }
  return violations;
}

/** The field path of a variable, relative to the parameters. */
export function variableField(name: string): string {
  return VARIABLE_NAME.test(name) ? `environment.${name}` : `environment[${JSON.stringify(name)}]`;
}

function nameProblem(name: string, policy: EnvironmentPolicy): string | undefined {
  if (!VARIABLE_NAME.test(name)) {
    return "is not a variable name: expected 1..128 of A-Z a-z 0-9 _, not a digit first";
  }
  // Objects made from JSON can lose this one member on the way; refused rather than dropped.
  if (name === "__proto__") return "cannot be set: choose another name";
  if (name.startsWith("VERBATIM_")) return "is reserved: Verbatim itself sets VERBATIM_*";
  if (isGuardedName(name) && !(policy.allow ?? []).includes(name)) {
    return "changes which code a program loads or runs: it must be allowed by name in the server's configuration";
  }
  return undefined;
}

/** The whole environment of a child: the policy's values, then the step's, then Verbatim's own. */
export function childEnvironment(input: {
  readonly policy: EnvironmentPolicy;
  readonly searchPath: string;
  readonly declared: Readonly<Record<string, string>>;
  readonly context: ExecutionContext;
  /** Finds the step's processes again, wherever they moved. */
  readonly marker: string;
}): Record<string, string> {
  return {
    PATH: input.searchPath,
    ...input.policy.values,
    ...input.declared,
    VERBATIM_JOB_ID: input.context.jobId,
    VERBATIM_STEP_INDEX: String(input.context.stepIndex),
    VERBATIM_IDEMPOTENCY_KEY: input.context.idempotencyKey,
    ...(input.context.epoch !== undefined && { VERBATIM_EPOCH: input.context.epoch }),
    [MARKER_NAME]: input.marker,
  };
}

/** The variable by which a step's processes are found. */
export const MARKER_NAME = "VERBATIM_STEP";
