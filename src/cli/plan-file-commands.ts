import { Argument, Option } from "commander";
import type { HooksCheckFlags } from "./commands/hooks-check.ts";
import type { SchemaName } from "./commands/schema.ts";
import type { ImportFlags } from "./commands/import-executioner.ts";
import type { HooksOutboxFlags } from "./commands/hooks-outbox.ts";
import type { CommonFlags } from "./host.ts";
import { collected, JSON_FLAG, placed, unlessInterrupted } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";

/** Declares the commands about files of hooks. */
export function addHookFileCommands({ program, session, onEnd }: Declaring): void {
  const hooks = program.command("hooks").description("about files of hooks: which jobs run after a committed change");
  hooks
    .command("check <file>")
    .description("check a file of hooks, and say what it asks for (- = standard input)")
    .option("--step-type <name>", "a step type that the server has; may be given several times", collected)
    .option(...JSON_FLAG)
    .action(async (file: string, flags: HooksCheckFlags) => {
      const { hooksCheck } = await import("./commands/hooks-check.ts");
      onEnd(await hooksCheck(file, flags, session));
    });

  hooks
    .command("outbox <file>")
    .description(
      "print the SQL that makes an application's outbox, with a trigger for each operation that a hook is on",
    )
    .addOption(
      new Option("--dialect <name>", "the application's database")
        .choices(["sqlite", "postgres"])
        .makeOptionMandatory(),
    )
    .action(async (file: string, flags: HooksOutboxFlags) => {
      const { hooksOutbox } = await import("./commands/hooks-outbox.ts");
      onEnd(await hooksOutbox(file, flags, session));
    });

  placed(hooks.command("list"))
    .description("list the hooks that a server holds at present, and whether its file does")
    .action(async (flags: CommonFlags) => {
      const { listHooks } = await import("./commands/hooks-list.ts");
      onEnd(await unlessInterrupted(session, listHooks(flags, session)));
    });
}

/** Declares the commands about plan files. */
export function addPlanFileCommands({ program, session, onEnd }: Declaring): void {
  program
    .command("init [file]")
    .description(
      "write a sample plan that runs on any Linux machine (default: plan.yaml), and a verbatim.yaml if there is none",
    )
    .option("--json", "JSON on standard output")
    .action(async (file: string | undefined) => {
      const { init } = await import("./commands/init.ts");
      onEnd(await init(file, session));
    });

  const importing = program.command("import").description("make a plan of what another tool runs");
  importing
    .command("executioner <file>")
    .description("convert the JSON of Executioner (a file); what has no counterpart is told, and ends with exit code 1")
    .option("--out <plan>", "where to write the plan; must not be there yet (default: standard output)")
    .option("--lossy", "end with exit code 0 although something was left out")
    .option("--json", "tell what was left out as JSON on standard output; needs --out")
    .action(async (file: string, flags: ImportFlags) => {
      const { importExecutioner } = await import("./commands/import-executioner.ts");
      onEnd(await importExecutioner(file, flags, session));
    });

  program
    .command("schema")
    .description("print the JSON Schema of a file, for your editor")
    .addArgument(new Argument("<file>", "which file").choices(["plan", "job", "hooks", "request", "config"]))
    .action(async (name: SchemaName) => {
      const { printSchema } = await import("./commands/schema.ts");
      onEnd(await printSchema(name, session));
    });
}
