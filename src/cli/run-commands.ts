import { Option } from "commander";
import type { Command } from "commander";
import type { RunFlags } from "./commands/run.ts";
import { collected, placed, unlessInterrupted } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";
import type { CommonFlags } from "./host.ts";
import { PROGRESS_MODES } from "./progress-modes.ts";

/** Declares the commands about plans and their runs. */
export function addRunCommands(declaring: Declaring): void {
  addRun(declaring);
  addRunReaders(declaring);
}

function addRun({ program, session, onEnd }: Declaring): void {
  followed(placed(program.command("run <plan>")))
    .description("run a plan (YAML or JSON, - = standard input) and follow it")
    .option("--run-id <id>", "the run's id; one that was used before with the same plan attaches")
    .option("--env <name=value>", "a variable that wins over those of the plan; may be given several times", collected)
    .option("--reason <text>", "why, for the record")
    .option("--detach", "leave when the run is accepted; needs a server")
    .action(async (plan: string, flags: RunFlags) => {
      const { run } = await import("./commands/run.ts");
      onEnd(await run(plan, flags, session));
    });
}

function addRunReaders({ program, session, onEnd }: Declaring): void {
  placed(program.command("summary <run>"))
    .description("show what became of each job of a run, in the order of the plan")
    .action(async (run: string, flags: CommonFlags) => {
      const { summary } = await import("./commands/summary.ts");
      onEnd(await unlessInterrupted(session, summary(run, flags, session)));
    });
}

/** The flags of commands that follow a run. */
function followed(command: Command): Command {
  return command
    .option("--actor <name>", "who, for the record (default: the user's name)")
    .option("--wait", "wait at gates for the word of others")
    .addOption(
      new Option("--progress <mode>", "how progress is shown on standard error")
        .choices(PROGRESS_MODES)
        .default("auto"),
    );
}
