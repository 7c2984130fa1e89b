import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { Fault } from "#model";
import { givenText, STANDARD_INPUT } from "../given-text.ts";
import type { CliHost } from "../host.ts";

/** Largest plan that is sent, in bytes: a request of 1 MiB with room for what goes along with it. */
export const PLAN_FILE_BYTES = 900 * 1024;

/** A plan as it is sent: its text, and what its variables come from. */
export interface SentPlan {
  readonly text: string;
  readonly name: string;
  readonly inherited: Record<string, string>;
  readonly overrides: Record<string, string>;
  readonly baseDirectory: string;
}

/**
 * Reads a plan from a file, or from standard input for `-`, to be sent as it stands.
 * @param variables `NAME=VALUE` each.
 * @throws {Fault} INVALID_REQUEST if it cannot be read, is no text, or a variable has no name.
 */
export async function planSource(path: string, variables: readonly string[], host: CliHost): Promise<SentPlan> {
  const overrides = variablesOf(variables);
  const { name, text } = await givenText(path, { what: "plan", bytes: PLAN_FILE_BYTES }, host);
  return {
    text,
    name,
    inherited: { ...host.environment(inheritedNames(text)) },
    overrides,
    baseDirectory: path === STANDARD_INPUT ? resolve(".") : dirname(resolve(path)),
  };
}

/** What is said of a plan that the server has refused: each problem once, under the name of its file. */
export function refusedPlan(error: unknown, { name }: Pick<SentPlan, "name">): unknown {
  if (!(error instanceof Fault) || error.code !== "INVALID_REQUEST" || error.violations.length === 0) return error;
  const { violations } = error;
  return new Fault("INVALID_REQUEST", `The plan in ${name} is not valid.`, { violations, cause: error });
}

function variablesOf(variables: readonly string[]): Record<string, string> {
  const wrong = variables.filter((variable) => variable.indexOf("=") < 1);
  if (wrong.length > 0)
    throw new Fault("INVALID_REQUEST", "A variable is given as NAME=VALUE.", {
      violations: wrong.map((variable) => ({
        field: "--env",
        description: `is ${JSON.stringify(variable)}, which has no name before an equals sign`,
      })),
    });
  return Object.fromEntries(
    variables.map((variable) => [variable.slice(0, variable.indexOf("=")), variable.slice(variable.indexOf("=") + 1)]),
  );
}

/** Names that a plan takes over from its caller. Whether the plan is any good is said by who reads all of it. */
function inheritedNames(text: string): readonly string[] {
  let plan: unknown;
  try {
    plan = parse(text, { logLevel: "silent" });
  } catch {
    return [];
  }
  if (typeof plan !== "object" || plan === null) return [];
  const listed: unknown = "inherit_env" in plan ? plan.inherit_env : [];
  return Array.isArray(listed) ? listed.filter((name): name is string => typeof name === "string") : [];
}
