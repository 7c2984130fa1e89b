import { z } from "zod";
import type { Json, Violation } from "#model";
import { SECRET_NAME } from "../../secrets/secret-vault.ts";
import type { SecretVault } from "../../secrets/secret-vault.ts";
import { variableField } from "./environment.ts";

/** Stands for the value of a secret, by its name. */
export const secretReference = z
  .strictObject({ secretRef: z.string().regex(SECRET_NAME) })
  .describe("The value of this secret, which the server reads just before the command starts.");

type TextOrSecret = string | z.output<typeof secretReference>;

/** Arguments and variables in which secrets may be named. */
export interface SecretParameters {
  readonly argv: readonly TextOrSecret[];
  readonly environment?: Readonly<Record<string, TextOrSecret>> | undefined;
}

/** The same with values in the place of names, or all reasons why not. */
export type ResolvedParameters =
  | { readonly argv: readonly string[]; readonly environment: Readonly<Record<string, string>> }
  | { readonly problems: readonly string[] };

/** The secrets of the raw parameters that are not known here. */
export function secretViolations(
  raw: { readonly argv: Json | undefined; readonly environment: Json | undefined },
  vault: SecretVault | undefined,
): Violation[] {
  const { argv, environment } = raw;
  const words: readonly Json[] = Array.isArray(argv) ? argv : [];
  const isObject = typeof environment === "object" && environment !== null && !Array.isArray(environment);
  const named: readonly (readonly [field: string, value: Json])[] = [
    ...words.map((value, index) => [`argv[${index}]`, value] as const),
    ...Object.entries(isObject ? environment : {}).map(([name, value]) => [variableField(name), value] as const),
  ];
  return named.flatMap(([field, value]) => {
    const reference = secretReference.safeParse(value);
    if (!reference.success || vault?.has(reference.data.secretRef) === true) return [];
    const description = `names the secret "${reference.data.secretRef}", which is not known here: correct the name, or add it to the server's configuration (key secrets)`;
    return [{ field, description }];
  });
}

/** Reads the secrets that are named. Never throws. */
export function resolveSecrets(declared: SecretParameters, vault: SecretVault | undefined): ResolvedParameters {
  const problems = new Set<string>();
  const valueOf = (value: TextOrSecret): string => {
    if (typeof value === "string") return value;
    const answer = vault?.resolve(value.secretRef) ?? { problem: "there are no secrets here" };
    if ("value" in answer) return answer.value;
    problems.add(`the secret "${value.secretRef}" cannot be used: ${answer.problem}`);
    return "";
  };
  const argv = declared.argv.map(valueOf);
  const variables = Object.entries(declared.environment ?? {}).map(([name, value]) => [name, valueOf(value)] as const);
  return problems.size > 0 ? { problems: [...problems] } : { argv, environment: Object.fromEntries(variables) };
}
