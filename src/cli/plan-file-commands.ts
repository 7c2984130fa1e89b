import { Argument } from "commander";
import type { SchemaName } from "./commands/schema.ts";
import type { ImportFlags } from "./commands/import-executioner.ts";
import type { Declaring } from "./declaring.ts";

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
    .addArgument(new Argument("<file>", "which file").choices(["plan", "job", "request", "config"]))
    .action(async (name: SchemaName) => {
      const { printSchema } = await import("./commands/schema.ts");
      onEnd(await printSchema(name, session));
    });
}
