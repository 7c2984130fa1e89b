import type { Command } from "commander";
import { Option } from "commander";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { checkOptionsOf, examples, exitCodes, withProject } from "./cli.ts";
import type { Answer } from "./config.ts";
import { configPrint, configSchemaAnswer, configTest } from "./config.ts";

interface ConfigFlags extends ProjectFlags {
  readonly format: "pretty" | "json";
}

/** Declares `config` with its three questions. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  const answer = ({ text, exitCode }: Answer): void => {
    io.out(text);
    end(exitCode);
  };
  const question = (name: string, description: string): Command =>
    withProject(command.command(name).description(description)).addOption(
      new Option("--format <name>", "form of the answer").choices(["pretty", "json"]).default("pretty"),
    );
  question("test", "say for each law whether it names what is planted for it, and its samples").action(
    async (flags: ConfigFlags) => answer(await configTest(checkOptionsOf(flags), flags.format)),
  );
  question("print", "print every value that is in force, with where it comes from").action((flags: ConfigFlags) =>
    answer(configPrint(checkOptionsOf(flags), flags.format)),
  );
  command
    .command("schema")
    .description("print the JSON Schema of layers.json")
    .action(() => answer(configSchemaAnswer()));
  command
    .addHelpText(
      "after",
      exitCodes({ 0: "it is as it should be", 1: "never", 2: "a law is blind, or the configuration cannot be read" }),
    )
    .addHelpText("after", examples("config test", "config print --format json", "config schema"));
}
