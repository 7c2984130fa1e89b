import { Command, CommanderError } from "commander";
import type { CommandModule, ExitCode, Io } from "./commands/cli.ts";
import { UsageError } from "./usage-error.ts";
import { readVersion } from "./version.ts";

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** All commands. Only the one that is asked for is loaded, so that each starts fast. */
const COMMANDS: readonly Entry[] = [
  { name: "check", summary: "check a project against its layers.json", load: () => import("./commands/check.ts") },
  { name: "canary", summary: "show that the checker can see", load: () => import("./commands/canary.ts") },
  {
    name: "explain",
    summary: "explain a law, a kind of law or a finding",
    load: () => import("./commands/explain.ts"),
  },
  { name: "why", summary: "show how one file or layer reaches another", load: () => import("./commands/why.ts") },
  { name: "graph", summary: "draw who imports whom", load: () => import("./commands/graph.ts") },
  {
    name: "coverage",
    summary: "show what was looked at, and by which law",
    load: () => import("./commands/coverage.ts"),
  },
  { name: "card", summary: "print the card of a file or a layer", load: () => import("./commands/card.ts") },
  {
    name: "cards",
    summary: "write the cards of all files and layers, or check them",
    load: () => import("./commands/cards.ts"),
  },
  {
    name: "init",
    summary: "propose a layers.json from what is imported today",
    load: () => import("./commands/init.ts"),
  },
  {
    name: "config",
    summary: "test, print or describe the configuration",
    load: () => import("./commands/config-command.ts"),
  },
  { name: "baseline", summary: "keep the list of known findings", load: () => import("./commands/baseline.ts") },
];

const EXIT_CODES = `
Exit codes:
  0  every law is kept; the only code that means clean
  1  a law is broken
  2  it cannot be proven, or the command was used wrongly

Examples:
  $ layer-lint init                     propose a layers.json
  $ layer-lint check                    check the project in the current folder
  $ layer-lint why executor governance  show how one layer reaches another
  $ layer-lint help check               explain one command`;

/**
 * Runs the command line; `argv` without node and script.
 * @returns 0 clean, 1 laws are broken, 2 wrong usage, or it cannot be proven.
 */
export async function runCommandLine(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = 2;
  const program = await programFor(argv, { io, end: (code) => (exitCode = code) });
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError) io.err(`error: ${error.message}\n`);
    // A checker that fell over has proven nothing.
    else
      io.err(
        `layer-lint could not do it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    return 2;
  }
  return exitCode;
}

async function programFor(
  argv: readonly string[],
  { io, end }: { readonly io: Io; readonly end: (code: ExitCode) => void },
): Promise<Command> {
  const program = new Command("layer-lint")
    .description("Proves on every build that one layer cannot reach another.")
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .version(readVersion())
    .addHelpText("after", EXIT_CODES);
  const words = argv.filter((word) => !word.startsWith("-"));
  const wanted = words[0] === "help" ? words[1] : words[0];
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).description(summary);
    if (name === wanted) (await load()).declare(command, io, end);
  }
  return program;
}
