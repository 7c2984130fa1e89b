import { z } from "zod";
import type { JsonObject, Violation } from "#model";
import { ARGUMENT_BYTES, checkEnvironment, variableField } from "./environment.ts";
import { findExecutable } from "./executable.ts";
import { secretReference, secretViolations } from "./secret-parameters.ts";
import { ISOLATION_LEVELS, isAtLeast } from "./isolation/levels.ts";
import type { CommandPolicy } from "./policy.ts";
import { findWorkingDirectory } from "./working-directory.ts";

const ARGUMENTS = 1000;
const EXIT_CODES = 256;
const PATH_CHARACTERS = 4095;

const text = z
  .string()
  .refine((value) => !value.includes("\0"), "contains a NUL character, which no program can be given")
  .refine(
    (value) => value.isWellFormed(),
    "is not well-formed Unicode (a lone surrogate), which no program can be given",
  )
  .refine(
    (value) => Buffer.byteLength(value) <= ARGUMENT_BYTES,
    `is larger than ${ARGUMENT_BYTES} bytes, which the system does not take`,
  );

const textOrSecret = z.union([text, secretReference], {
  error: 'expected a text, or {"secretRef": "the name of a secret"}',
});

const directoryPath = text.min(1).max(PATH_CHARACTERS);

/** The declared form of the parameters. */
export const commandParameters = z.strictObject({
  argv: z
    .array(textOrSecret)
    .min(1)
    .max(ARGUMENTS)
    .refine((argv) => argv[0] !== "", { path: [0], error: "is empty, expected the program" })
    .refine((argv) => typeof argv[0] !== "object", { path: [0], error: "is a secret, expected the program" })
    .describe("The program and its arguments, each as it is; no shell reads them. An argument can be a secret."),
  working_directory: directoryPath
    .optional()
    .describe(
      "Where the command runs; must lie inside a directory that the server permits, which is also the default.",
    ),
  environment: z
    .record(z.string(), textOrSecret)
    .optional()
    .describe(
      "Variables that are added to the environment that the server gives to every command. Each can be a secret.",
    ),
  expected_exit_codes: z
    .array(z.int().min(0).max(255))
    .min(1)
    .max(EXIT_CODES)
    .default([0])
    .describe("Exit codes that mean success."),
  isolation: z
    .enum(ISOLATION_LEVELS)
    .optional()
    .describe("The least isolation that it is to run with; more where the server's configuration says so."),
  sensitive_output: z
    .array(z.enum(["/stdout", "/stderr"]))
    .max(2)
    .optional()
    .describe("Streams of which only a salted digest is recorded; the text is kept apart and can be erased."),
});

/** What a step of `command.run` declares. */
export type CommandParameters = z.output<typeof commandParameters>;

/** The parameters, or why they are none. */
export type ParametersAnswer =
  | { readonly kind: "valid"; readonly parameters: CommandParameters }
  | { readonly kind: "malformed" | "not_permitted"; readonly violations: readonly Violation[] };

/** The streams that a step declares to be sensitive. */
export function sensitiveStreams({ sensitive_output: declared }: JsonObject): readonly string[] {
  return commandParameters.shape.sensitive_output.safeParse(declared).data ?? [];
}

/** JSON Schema of the parameters. */
export function commandParametersSchema(): JsonObject {
  // A JSON Schema is JSON; the library's type for it says less.
  return z.toJSONSchema(commandParameters, { io: "input" }) as JsonObject;
}

/** Reads the parameters, and lists every problem of their form and of what the policy permits. Has no effect. */
export function readCommandParameters(raw: JsonObject, policy: CommandPolicy): ParametersAnswer {
  const parsed = commandParameters.safeParse(raw);
  const malformed = parsed.success ? [] : parsed.error.issues.flatMap(toViolations);
  const forbidden = policyViolations(raw, policy);
  const violations = [...malformed, ...forbidden];
  if (!parsed.success) return { kind: "malformed", violations };
  return forbidden.length === 0 ? { kind: "valid", parameters: parsed.data } : { kind: "not_permitted", violations };
}

function policyViolations(raw: JsonObject, policy: CommandPolicy): Violation[] {
  const { argv, working_directory: directory, environment } = raw;
  const violations: Violation[] = [];
  const program: unknown = Array.isArray(argv) ? argv[0] : undefined;
  if (typeof program === "string" && program !== "") {
    const answer = findExecutable(program, policy);
    if (!answer.permitted) violations.push({ field: "argv[0]", description: answer.problem });
  }
  // What is no path at all has been said already.
  const declared = directoryPath.optional().safeParse(directory);
  if (declared.success) {
    const answer = findWorkingDirectory(declared.data, policy.workingDirectories);
    if (answer.kind === "refused") violations.push({ field: "working_directory", description: answer.problem });
  }
  return [
    ...violations,
    ...isolationViolations(raw["isolation"], policy),
    ...checkEnvironment(environment, policy.environment),
    ...secretViolations({ argv, environment }, policy.secrets),
  ];
}

function isolationViolations(declared: unknown, { isolation }: CommandPolicy): Violation[] {
  const demanded = commandParameters.shape.isolation.safeParse(declared).data;
  if (demanded === undefined || isAtLeast(isolation.strongest, demanded)) return [];
  const description = `demands ${demanded}, and this server offers ${isolation.strongest} at most: its configuration has to offer it, or the step to demand less`;
  return [{ field: "isolation", description }];
}

type Issue = z.core.$ZodIssue;

function toViolations(issue: Issue): Violation[] {
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) return issue.keys.map(unknownParameter);
  return [{ field: fieldOf(issue.path), description: issue.message }];
}

function unknownParameter(name: string): Violation {
  const known = Object.keys(commandParameters.shape).join(", ");
  const description =
    name === "shell"
      ? "is not supported: no shell reads the command; give the program and its arguments as argv"
      : `is no parameter of command.run, expected only ${known}`;
  return { field: name, description };
}

function fieldOf(path: readonly PropertyKey[]): string {
  const [first, second] = path;
  if (first === undefined) return "";
  if (second === undefined) return String(first);
  return typeof second === "number" ? `${String(first)}[${second}]` : variableField(String(second));
}
