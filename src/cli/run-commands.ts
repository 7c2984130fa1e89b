import { Option } from "commander";
import type { Command } from "commander";
import type { RunStatus } from "#model";
import type { CancelFlags } from "./commands/cancel.ts";
import type { ResumeFlags } from "./commands/resume.ts";
import type { RollbackFlags } from "./commands/rollback.ts";
import type { RunFlags } from "./commands/run.ts";
import type { RunsFlags } from "./commands/runs.ts";
import type { SaidWord, SayFlags } from "./commands/say.ts";
import type { ValidateFlags } from "./commands/validate.ts";
import { collected, listLimit, LISTED_AT_MOST, placed, unlessInterrupted } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";
import type { CommonFlags } from "./host.ts";
import { PROGRESS_MODES } from "./progress-modes.ts";

/** States of a plan's run that `runs` can be asked for. */
const RUN_STATES: readonly RunStatus[] = [
  "created",
  "preflight_validated",
  "executing",
  "blocked",
  "rolling_back",
  "succeeded",
  "failed",
  "cancelled",
  "rolled_back",
];

/** Runs listed unless said otherwise. */
const RUNS_LISTED = 50;

/** Declares the commands about plans and about runs of every kind. */
export function addRunCommands(declaring: Declaring): void {
  addRun(declaring);
  addResume(declaring);
  addRunReaders(declaring);
  addWords(declaring);
  addCancel(declaring);
}

const ENVIRONMENT = [
  "--env <name=value>",
  "a variable that wins over those of the plan; may be given several times",
] as const;
const ACTOR = ["--actor <name>", "who, for the record (default: the user's name)"] as const;
const REASON = ["--reason <text>", "why, for the record"] as const;

function addRun({ program, session, onEnd }: Declaring): void {
  placed(program.command("validate <plan>"))
    .description("say what a plan would do, and all that is wrong with it (- = standard input)")
    .option(...ENVIRONMENT, collected)
    .action(async (plan: string, flags: ValidateFlags) => {
      const { validate } = await import("./commands/validate.ts");
      onEnd(await unlessInterrupted(session, validate(plan, flags, session)));
    });

  followed(placed(program.command("run <plan>")))
    .description("run a plan (YAML or JSON, - = standard input) and follow it")
    .option("--run-id <id>", "the run's id; one that was used before with the same plan attaches")
    .option(...ENVIRONMENT, collected)
    .option(...REASON)
    .option("--wait", "wait at gates for the word of others")
    .option("--detach", "leave when the run is accepted; needs a server")
    .action(async (plan: string, flags: RunFlags) => {
      const { run } = await import("./commands/run.ts");
      onEnd(await run(plan, flags, session));
    });
}

function addResume({ program, session, onEnd }: Declaring): void {
  followed(placed(program.command("resume <run>")))
    .description("go on with a run that was interrupted, is blocked or has failed, and follow it")
    .option("--plan <file>", "the plan as it is now: refused if it was changed since the run began")
    .option(...ENVIRONMENT, collected)
    .option("--failed-only", "only jobs that have failed")
    .option("--from-job <key>", "only this job and those that need it")
    .option("--rerun <key>", "a job in doubt that may run again; may be given several times", collected)
    .option("--force", "go on with the plan that was started although it was changed since")
    .option(...REASON)
    .option("--wait", "wait at gates for the word of others")
    .action(async (run: string, flags: ResumeFlags) => {
      const { resume } = await import("./commands/resume.ts");
      onEnd(await resume(run, flags, session));
    });

  followed(placed(program.command("rollback <run>")))
    .description("undo the jobs of a failed run that say how they are undone, the last first")
    .requiredOption(...REASON)
    .action(async (run: string, flags: RollbackFlags) => {
      const { rollback } = await import("./commands/rollback.ts");
      onEnd(await rollback(run, flags, session));
    });
}

function addRunReaders({ program, session, onEnd }: Declaring): void {
  placed(program.command("status <run>"))
    .description("one line about a run; the exit code says its state, 6 if it goes on")
    .action(async (run: string, flags: CommonFlags) => {
      const { status } = await import("./commands/status.ts");
      onEnd(await unlessInterrupted(session, status(run, flags, session)));
    });

  placed(program.command("summary <run>"))
    .description("show what became of each job of a run, in the order of the plan")
    .action(async (run: string, flags: CommonFlags) => {
      const { summary } = await import("./commands/summary.ts");
      onEnd(await unlessInterrupted(session, summary(run, flags, session)));
    });

  placed(program.command("runs"))
    .description("list runs of jobs and plans, newest first")
    .option("--name <text>", "only runs of plans whose name contains this")
    .addOption(new Option("--status <state...>", "only runs of plans in one of these states").choices([...RUN_STATES]))
    .option("--limit <n>", `at most so many, 1 to ${LISTED_AT_MOST}`, listLimit, RUNS_LISTED)
    .action(async (flags: RunsFlags) => {
      const { runs } = await import("./commands/runs.ts");
      onEnd(await unlessInterrupted(session, runs(flags, session)));
    });
}

function addWords(declaring: Declaring): void {
  addWord(declaring, "approve", "let a job pass its manual gate; whoever has started the run may not").option(
    ...REASON,
  );
  addWord(declaring, "reject", "refuse a job its manual gate: it is skipped, and the run fails").requiredOption(
    ...REASON,
  );
  addWord(declaring, "override", "allow a run whose hard gate has failed to be resumed").requiredOption(...REASON);
  const { program, session, onEnd } = declaring;
  placed(program.command("mark-succeeded <run> <jobs...>"))
    .description("say that jobs count as succeeded, whatever became of them")
    .option(...ACTOR)
    .requiredOption(...REASON)
    .action(async (runId: string, jobKeys: readonly string[], flags: SayFlags) => {
      const { say } = await import("./commands/say.ts");
      onEnd(await say("mark-succeeded", { runId, jobKeys }, { ...flags, session }));
    });
}

function addWord({ program, session, onEnd }: Declaring, word: SaidWord, description: string): Command {
  return placed(program.command(`${word} <run> <job>`))
    .description(description)
    .option(...ACTOR)
    .action(async (runId: string, jobKey: string, flags: SayFlags) => {
      const { say } = await import("./commands/say.ts");
      onEnd(await say(word, { runId, jobKeys: [jobKey] }, { ...flags, session }));
    });
}

function addCancel({ program, session, onEnd }: Declaring): void {
  placed(program.command("cancel <run>"))
    .description("stop a run and wait for its end")
    .requiredOption("--reason <text>", "why, for the record")
    .option("--actor <name>", "who, for the record (default: the user's name)")
    .option("--by <name>", "the same as --actor")
    .action(async (run: string, flags: CancelFlags) => {
      const { cancel } = await import("./commands/cancel.ts");
      onEnd(await unlessInterrupted(session, cancel(run, flags, session)));
    });
}

/** The flags of commands that follow a run. */
function followed(command: Command): Command {
  return command
    .option(...ACTOR)
    .addOption(
      new Option("--progress <mode>", "how progress is shown on standard error")
        .choices(PROGRESS_MODES)
        .default("auto"),
    );
}
