import { appendFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { Option } from "commander";
import type { CompleteCheckOptions } from "../complete-check.ts";
import { check } from "../complete-check.ts";
import { FORMATS, formatReport } from "../report/format.ts";
import type { Format } from "../report/format.ts";
import { plain } from "../report/paint.ts";
import type { Report } from "../report/report.ts";
import { coverage, verdict } from "../report/summary.ts";
import type { ViewOptions } from "../report/view.ts";
import { viewOf } from "../report/view.ts";
import { UsageError } from "../usage-error.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { checkOptionsOf, examples, exitCodes, paintOf, positiveNumber, rootOf, withProject } from "./cli.ts";

/** GitHub refuses summaries of more than a mebibyte. */
const MAX_SUMMARY_FINDINGS = 100;

/** What `check` can be told. */
export interface CheckFlags extends ProjectFlags {
  readonly format: Format;
  readonly output?: string;
  readonly maxFindings?: number;
  readonly pathPrefix?: string;
  readonly baseline?: string;
  readonly changedSince?: string;
  readonly canary?: true;
  readonly watch?: true;
  readonly secondEngine?: true;
}

/** Declares `check`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  withProject(command)
    .addOption(new Option("--format <name>", "form of the report").choices(FORMATS).default("pretty"))
    .option("--output <file>", "write the report there, and only the verdict to the standard output")
    .option("--max-findings <n>", "show at most so many findings; the verdict is of all", positiveNumber)
    .option("--path-prefix <dir>", "stands before every path, for CI that counts from the top of a monorepo")
    .option("--baseline <file>", "the known findings (default: layer-lint-baseline.json beside the configuration)")
    .option("--changed-since <rev>", "check everything, report only what touches files changed since the git revision")
    .option("--canary", "also plant a violation of every law in a throw-away copy, and fail (2) unless each is caught")
    .option("--second-engine", "also have dependency-cruiser read the project, and fail (2) if it sees more")
    .addOption(
      new Option(
        "--watch",
        "check again whenever a file changes, and print what became different; ends on Ctrl-C",
      ).conflicts(["output", "canary", "changedSince"]),
    )
    .addHelpText(
      "after",
      exitCodes({ 0: "every law is kept", 1: "a law is broken", 2: "it cannot be proven, or wrong usage" }),
    )
    .addHelpText(
      "after",
      examples(
        "check",
        "check --format sarif --output layers.sarif",
        "check --changed-since origin/main",
        "check --watch",
      ),
    )
    .action(async (flags: CheckFlags) =>
      end(flags.watch === true ? await watch(flags, io) : await checkOnce(flags, io)),
    );
}

async function watch(flags: CheckFlags, io: Io): Promise<ExitCode> {
  const { watchProject } = await import("../watch/watch-project.ts");
  return watchProject(optionsOf(flags, io), { out: io.out, paint: paintOf(io), until: io.interrupted() });
}

async function checkOnce(flags: CheckFlags, io: Io): Promise<ExitCode> {
  const { output, format, maxFindings, pathPrefix } = flags;
  // What an earlier run wrote must not be taken for what this one found, should it not come to its end.
  if (output !== undefined) write(output, "");
  const report = await check(optionsOf(flags, io));
  const shape = {
    root: rootOf(flags),
    ...(maxFindings === undefined ? {} : { maxFindings }),
    ...(pathPrefix === undefined ? {} : { pathPrefix }),
  };
  const paint = output === undefined && format === "pretty" ? paintOf(io) : plain;
  const text = await formatReport(viewOf(report, { ...shape, paint }), format);
  if (output === undefined) io.out(text);
  else {
    write(output, text);
    io.out([...coverage(report), verdict(report, paintOf(io)), ""].join("\n"));
  }
  if (format === "github") await summarize(report, shape, io);
  return report.exitCode;
}

/** GitHub shows what is in this file on the page of the run. */
async function summarize(report: Report, shape: ViewOptions, { environment }: Io): Promise<void> {
  const path = environment["GITHUB_STEP_SUMMARY"];
  if (path === undefined || path === "") return;
  const maxFindings = Math.min(shape.maxFindings ?? MAX_SUMMARY_FINDINGS, MAX_SUMMARY_FINDINGS);
  appendFileSync(path, await formatReport(viewOf(report, { ...shape, maxFindings }), "markdown"));
}

function optionsOf(flags: CheckFlags, { today }: Io): CompleteCheckOptions {
  const { baseline, changedSince, canary, secondEngine } = flags;
  return {
    ...checkOptionsOf(flags),
    ...(baseline === undefined ? {} : { baseline }),
    ...(changedSince === undefined ? {} : { changedSince }),
    ...(canary === undefined ? {} : { canary }),
    ...(secondEngine === undefined ? {} : { secondEngine }),
    today,
  };
}

function write(file: string, text: string): void {
  try {
    writeFileSync(resolve(file), text);
  } catch (error) {
    throw new UsageError(
      `--output ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
