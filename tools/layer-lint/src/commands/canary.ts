import type { Command } from "commander";
import { Option } from "commander";
import { runCanary } from "../canary/run-canary.ts";
import { prettyCanary } from "../report/pretty.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { checkOptionsOf, examples, exitCodes, paintOf, withProject } from "./cli.ts";

/** Declares `canary`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  withProject(command)
    .addOption(new Option("--format <name>", "form of the answer").choices(["pretty", "json"]).default("pretty"))
    .addHelpText(
      "after",
      "\nCopies the checked files into a temporary folder, plants at least one violation of every law there, and checks\nthe copy. The project itself is only read.",
    )
    .addHelpText(
      "after",
      exitCodes({
        0: "each law named what was planted for it",
        1: "never",
        2: "a law is blind, or the project cannot be read",
      }),
    )
    .addHelpText("after", examples("canary", "canary --format json"))
    .action(async (flags: ProjectFlags & { readonly format: string }) => {
      const canary = await runCanary(checkOptionsOf(flags));
      if (flags.format === "json") io.out(`${JSON.stringify(canary, undefined, 2)}\n`);
      else io.out([...prettyCanary(canary, paintOf(io)), ""].join("\n"));
      end(canary.ok ? 0 : 2);
    });
}
