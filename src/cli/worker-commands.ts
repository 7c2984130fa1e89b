import { InvalidArgumentError } from "commander";
import { inState, JSON_FLAG, PLACE, unlessInterrupted, wholeNumber } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";
import type { CommonFlags, WorkerFlags } from "./host.ts";

const JOBS_AT_ONCE = 10;
const JOBS_AT_ONCE_AT_MOST = 1000;
const NAME_CHARACTERS = 128;

/** Declares the commands about workers. */
export function addWorkerCommands({ program, session, onEnd }: Declaring): void {
  program
    .command("worker")
    .description("perform jobs that servers hand over, until told to stop; it decides nothing and holds no signing key")
    .option(
      "--capabilities <types>",
      "step types that it performs, with commas (default: all of its configuration)",
      listed,
    )
    .option("--name <name>", "its name, for the record (default: made of the machine's name and the process)", named)
    .option("--concurrency <n>", `jobs at the same time, 1 to ${JOBS_AT_ONCE_AT_MOST}`, jobsAtOnce, JOBS_AT_ONCE)
    .option(...PLACE.config)
    .option(...PLACE.state)
    .option(...JSON_FLAG)
    .action(async (flags: WorkerFlags) => {
      const { worker } = await import("./commands/worker.ts");
      onEnd(await worker(flags, session));
    });

  inState(program.command("workers"))
    .description(
      "list the workers that live, and the jobs that wait for one; exit code 3 if one waits that nobody serves",
    )
    .action(async (flags: CommonFlags) => {
      const { workers } = await import("./commands/workers.ts");
      onEnd(await unlessInterrupted(session, workers(flags, session)));
    });
}

/** @throws {InvalidArgumentError} */
function listed(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("Expected names of step types with commas between them.");
  return [...new Set(names)];
}

/** @throws {InvalidArgumentError} */
function named(text: string): string {
  if (text.length >= 1 && text.length <= NAME_CHARACTERS && text.isWellFormed()) return text;
  throw new InvalidArgumentError(`Expected 1 to ${NAME_CHARACTERS} characters.`);
}

/** @throws {InvalidArgumentError} */
function jobsAtOnce(text: string): number {
  const value = wholeNumber(text);
  if (value >= 1 && value <= JOBS_AT_ONCE_AT_MOST) return value;
  throw new InvalidArgumentError(`Expected a number from 1 to ${JOBS_AT_ONCE_AT_MOST}.`);
}
