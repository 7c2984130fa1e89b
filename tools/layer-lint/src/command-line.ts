import { Command, CommanderError, Option } from "commander";
import { runCanary } from "./canary/run-canary.ts";
import type { CheckOptions } from "./check.ts";
import { check } from "./check.ts";
import type { Answer } from "./commands/config.ts";
import { configPrint, configSchemaAnswer, configTest } from "./commands/config.ts";
import { pretty, prettyCanary } from "./report/pretty.ts";

interface CheckFlags {
  readonly root?: string;
  readonly config?: string;
  readonly format: "pretty" | "json";
  readonly canary?: true;
  /** A folder; false if none is wanted. */
  readonly cache?: string | false;
  readonly secondEngine?: true;
}

/** Where the command writes to. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Runs the command line; `argv` without node and script.
 * @returns 0 clean, 1 laws are broken, 2 wrong usage, or it cannot be proven.
 */
export async function runCommandLine(argv: readonly string[], output: Output): Promise<0 | 1 | 2> {
  let exitCode: 0 | 1 | 2 = 2;
  const program = new Command("layer-lint")
    .description("Proves on every build that one layer cannot reach another.")
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err });
  program
    .command("check")
    .description("check a project against its layers.json")
    .option("--root <dir>", "the project's folder (default: the current one)")
    .option("--config <file>", "the configuration (default: layers.json in the root)")
    .addOption(new Option("--format <name>", "form of the report").choices(["pretty", "json"]).default("pretty"))
    .option("--canary", "also plant a violation of every law in a throw-away copy, and fail (2) unless each is caught")
    .option("--cache <dir>", "folder of the cache (default: node_modules/.cache/layer-lint in the root)")
    .option("--no-cache", "read every file anew, and keep nothing")
    .option("--second-engine", "also have dependency-cruiser read the project, and fail (2) if it sees more")
    .action(async (flags: CheckFlags) => {
      exitCode = await runCheck(flags, output);
    });
  addConfigCommands(program, ({ text, exitCode: code }) => {
    output.out(text);
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    // A checker that fell over has proven nothing.
    output.err(
      `layer-lint could not check: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 2;
  }
  return exitCode;
}

function addConfigCommands(program: Command, answer: (answer: Answer) => void): void {
  const config = program.command("config").description("test, print or describe the configuration");
  const common = (name: string, description: string): Command =>
    config
      .command(name)
      .description(description)
      .option("--root <dir>", "the project's folder (default: the current one)")
      .option("--config <file>", "the configuration (default: layers.json in the root)")
      .addOption(new Option("--format <name>", "form of the answer").choices(["pretty", "json"]).default("pretty"));
  common("test", "say for each law whether it names what is planted for it, and its samples").action(
    async ({ format, ...options }: CheckFlags) => answer(await configTest(options, format)),
  );
  common("print", "print every value that is in force, with where it comes from").action(
    ({ format, ...options }: CheckFlags) => answer(configPrint(options, format)),
  );
  config
    .command("schema")
    .description("print the JSON Schema of layers.json")
    .action(() => answer(configSchemaAnswer()));
}

async function runCheck({ format, canary, ...flags }: CheckFlags, { out }: Output): Promise<0 | 1 | 2> {
  const options = optionsOf(flags);
  const report = await check(options);
  const sung = canary === true ? await runCanary(options) : undefined;
  if (format === "json")
    out(`${JSON.stringify(sung === undefined ? report : { ...report, canary: sung }, undefined, 2)}\n`);
  else out(pretty(report) + (sung === undefined ? "" : prettyCanary(sung)));
  return sung?.ok === false ? 2 : report.exitCode;
}

function optionsOf({ root, config, cache, secondEngine }: Omit<CheckFlags, "format" | "canary">): CheckOptions {
  return {
    ...(root === undefined ? {} : { root }),
    ...(config === undefined ? {} : { config }),
    // Commander says `true` where neither option was given.
    ...(cache === false || typeof cache === "string" ? { cache } : {}),
    ...(secondEngine === true ? { secondEngine } : {}),
  };
}
