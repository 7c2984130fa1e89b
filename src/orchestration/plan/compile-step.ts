import { join } from "node:path";
import type { Json, JsonObject, PlannedStep, StepDeclaration } from "#model";
import { commandWords } from "./command-words.ts";
import type { Variables } from "./interpolate.ts";
import type { Tell } from "./tell.ts";

/** What a step is compiled in. */
export interface StepScope {
  readonly field: string;
  readonly variables: Variables;
  /** The variables of the job, resolved. */
  readonly environment: Readonly<Record<string, string>>;
  readonly allowShell: boolean;
  readonly workingDirectory: string | undefined;
  readonly baseDirectory: string | undefined;
  /** For a step that names no limit. */
  readonly timeoutSeconds: number;
  readonly tell: Tell;
}

/** The step types that start a program: they are given the variables and the working directory of their job. */
const COMMANDS: ReadonlySet<string> = new Set(["command.run", "check.command"]);
const PLACED: ReadonlySet<string> = new Set([...COMMANDS, "artifact.collect"]);
const TARGET_CHARACTERS = 200;

/** Resolves one declared step. */
export function compileStep(step: StepDeclaration, scope: StepScope): PlannedStep {
  const { field, variables, tell } = scope;
  if ((step.stepType === undefined) === (step.command === undefined))
    tell(field, "needs either step_type with parameters, or command, and not both");
  const stepType = step.stepType ?? "command.run";
  const declared = step.command === undefined ? (step.parameters ?? {}) : { argv: argvOf(step.command, scope) };
  const resolved = variables.json(declared, (path, problem) =>
    tell(step.command === undefined ? `${field}.parameters.${path}` : `${field}.command`, problem),
  ) as JsonObject; // an object stays one
  return {
    stepType,
    target: targetOf(step, scope),
    parameters: PLACED.has(stepType) ? placed(resolved, { ...scope, stepType }) : resolved,
    timeoutSeconds: step.timeoutSeconds ?? scope.timeoutSeconds,
  };
}

function argvOf(command: string | readonly string[], { field, allowShell, tell }: StepScope): readonly string[] {
  if (typeof command !== "string") return command;
  if (allowShell) return ["/bin/sh", "-c", command];
  // References are put in after the words were split: a value with a blank stays one argument.
  const words = commandWords(command.replaceAll(REFERENCE, (_written, name: string) => `\u{E000}${name}\u{E001}`));
  if ("argv" in words) return words.argv.map((word) => word.replaceAll(HELD, (_held, name: string) => `\${${name}}`));
  tell(`${field}.command`, words.problem);
  return command.trim().split(/\s+/); // never run: only so that the program is looked at as well
}

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]{0,127})\}/g;
/** A reference while words are split: private characters that no shell knows. */
const HELD = /\u{E000}([A-Za-z0-9_]+)\u{E001}/gu;

function targetOf(step: StepDeclaration, { field, variables, tell }: StepScope): string {
  const { command } = step;
  const written = step.target ?? (typeof command === "string" ? command : (command?.[0] ?? ""));
  const done = variables.text(written);
  if ("text" in done) return done.text.replaceAll(/\s+/g, " ").trim().slice(0, TARGET_CHARACTERS).toWellFormed();
  if (step.target !== undefined) tell(`${field}.target`, done.problem);
  return written.slice(0, TARGET_CHARACTERS);
}

function placed(parameters: JsonObject, scope: StepScope & { readonly stepType: string }): JsonObject {
  const { environment, variables, field, tell, stepType } = scope;
  const own = parameters["environment"];
  const merged = { ...environment, ...(isObject(own) ? own : {}) };
  const { working_directory: said, ...rest } = parameters;
  const written = typeof said === "string" ? said : scope.workingDirectory;
  const done = written === undefined ? undefined : variables.text(written);
  if (done !== undefined && "problem" in done) tell(`${field}.working_directory`, done.problem);
  const directory = done !== undefined && "text" in done ? absolute(done.text, scope.baseDirectory) : said;
  return {
    ...rest,
    ...(COMMANDS.has(stepType) && Object.keys(merged).length > 0 && { environment: merged }),
    ...(directory !== undefined && { working_directory: directory }),
  };
}

function absolute(directory: string, base: string | undefined): string {
  return base === undefined || directory.startsWith("/") ? directory : join(base, directory);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
