import { Argument } from "commander";
import type { DeadLetterFlags, DiscardFlags, PublishFlags, RedriveFlags } from "./commands/work.ts";
import { collected, listLimit, LISTED_AT_MOST, placed, unlessInterrupted, wholeNumber } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";
import type { CommonFlags } from "./host.ts";
import type { Command } from "commander";

const LISTED = 100;
const REDRIVEN_AT_MOST = 1000;

/** Declares the commands about hooks and their work. */
export function addWorkCommands(declaring: Declaring): void {
  addChanges(declaring);
  addNumbers(declaring);
  addDeadLetters(declaring);
}

function addChanges({ program, session, onEnd }: Declaring): void {
  placed(program.command("publish <entity>"))
    .addArgument(new Argument("<operation>", "what was done").choices(["create", "update", "delete"]))
    .description("tell of a committed change, so that its hooks fire")
    .requiredOption("--id <id>", "names the change for ever: the same again asks for nothing new")
    .requiredOption(
      "--record <file>",
      "the record after it (before it, for a delete), a JSON object; - = standard input",
    )
    .option("--old <file>", "the record before an update")
    .action(async (entity: string, operation: string, flags: PublishFlags) => {
      const { publish } = await import("./commands/work.ts");
      onEnd(await unlessInterrupted(session, publish({ entity, operation }, flags, session)));
    });
}

function addNumbers({ program, session, onEnd }: Declaring): void {
  placed(program.command("stats"))
    .description("numbers of the workers and of all work: waiting, running, done, dead; by capability")
    .action(async (flags: CommonFlags) => {
      const { stats } = await import("./commands/work.ts");
      onEnd(await unlessInterrupted(session, stats(flags, session)));
    });

  placed(program.command("work <id>"))
    .description("what became of one piece of work; its evidence: verbatim show <id>-a<attempt>")
    .action(async (id: string, flags: CommonFlags) => {
      const { showWork } = await import("./commands/work.ts");
      onEnd(await unlessInterrupted(session, showWork(id, flags, session)));
    });
}

function addDeadLetters({ program, session, onEnd }: Declaring): void {
  const letters = program
    .command("dead-letters")
    .description("work that has failed and will not be tried again by itself");

  filtered(placed(letters.command("list", { isDefault: true })))
    .description("list dead letters")
    .option("--limit <n>", `at most so many, 1 to ${LISTED_AT_MOST}`, listLimit, LISTED)
    .action(async (flags: DeadLetterFlags & { readonly limit: number }) => {
      const { listDeadLetters } = await import("./commands/work.ts");
      onEnd(await unlessInterrupted(session, listDeadLetters(flags, session)));
    });

  filtered(placed(letters.command("redrive [ids...]")))
    .description("accept dead letters anew, as new work that is linked to them; exit code 1 if one was not")
    .option("--all", "every one that fits; needed where nothing else is said")
    .option("--dry-run", "only say which")
    .option("--max <n>", "at most so many", wholeNumber, REDRIVEN_AT_MOST)
    .option("--per-second <n>", "at most so many a second (default: as fast as they are accepted)", wholeNumber, 0)
    .action(async (ids: readonly string[], flags: RedriveFlags) => {
      const { redriveDeadLetters } = await import("./commands/work.ts");
      onEnd(await unlessInterrupted(session, redriveDeadLetters(ids, flags, session)));
    });

  placed(letters.command("discard <id>"))
    .description("give a dead letter up for good")
    .requiredOption("--reason <text>", "why")
    .option("--actor <name>", "who says so (default: person: and the user's name)")
    .action(async (id: string, flags: DiscardFlags) => {
      const { discardDeadLetter } = await import("./commands/work.ts");
      onEnd(await unlessInterrupted(session, discardDeadLetter(id, flags, session)));
    });
}

function filtered(command: Command): Command {
  return command
    .option("--job <name>", "only of this job")
    .option("--capability <name>", "only of this step type")
    .option("--error-class <class>", "only whose last failure was of this kind")
    .option("--contains <text>", "only whose last failure's message contains this")
    .option("--since <time>", "only dead since then, RFC 3339")
    .option("--until <time>", "only dead before then, RFC 3339")
    .option("--id <id>", "only this one; may be given more than once", collected, []);
}
