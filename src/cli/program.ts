import { Command, CommanderError } from "commander";
import { EXIT } from "./exit-codes.ts";
import { addCommands } from "./command-tree.ts";
import type { Session } from "./session.ts";

/** What stands under the help of the program. */
const EXIT_CODE_HELP = `
Exit codes:
  0 succeeded · 1 run failed · 2 usage, configuration, bad input · 3 waiting at a gate · 4 not found · 5 chain broken
  6 precondition, not ended · 7 permission · 8 server unreachable · 124 the job's time ran out · 130 SIGINT · 143 SIGTERM`;

/** Understands the command line, and runs the command that it names. @throws {Fault} whatever the command throws. */
export async function runProgram(session: Session): Promise<number> {
  const { host, stdout, stderr, json } = session;
  let code: number = EXIT.usage;
  const shown: string[] = [];
  const program = new Command("verbatim")
    .description("Runs a declared plan word for word and records what happened.")
    .version(host.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .addHelpText("after", EXIT_CODE_HELP)
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void (json ? shown.push(text) : stderr.write(text)),
      getOutHelpWidth: () => helpWidth(stdout.columns),
      getErrHelpWidth: () => helpWidth(stderr.columns),
    })
    .exitOverride();
  const onEnd = (ended: number): void => {
    code = ended;
  };
  addCommands({ program, session, onEnd });
  try {
    await program.parseAsync(host.argv, { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.succeeded;
    if (json) await stdout.json(usageError(error, shown));
    return EXIT.usage;
  }
}

/** Columns of help where nobody looks. */
const USUAL_COLUMNS = 100;

function helpWidth(columns: number): number {
  return Number.isFinite(columns) ? columns : USUAL_COLUMNS;
}

function usageError(error: CommanderError, shown: readonly string[]): string {
  const message = shown.join("").trim() || error.message;
  return `${JSON.stringify({ error: { code: "USAGE", message, violations: [] } })}\n`;
}
