import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { findSources } from "../init/find-sources.ts";
import type { Proposal, ProposedConfig } from "../init/propose.ts";
import { propose } from "../init/propose.ts";
import { concise } from "../report/concise.ts";
import { printable } from "../report/printable.ts";
import { count, verdict } from "../report/summary.ts";
import { viewOf } from "../report/view.ts";
import { UsageError } from "../usage-error.ts";
import type { ExitCode, Io } from "./cli.ts";
import { examples, exitCodes, rootOf } from "./cli.ts";

interface InitFlags {
  readonly root?: string;
  readonly sources?: string;
  readonly tsconfig: string;
  readonly force?: true;
  readonly dryRun?: true;
}

/** Declares `init`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  command
    .option("--root <dir>", "the project's folder (default: the current one)")
    .option(
      "--sources <dir>",
      "the folder of the sources, from the project's (default: the first of src, lib, app, source, packages)",
    )
    .option("--tsconfig <file>", "the tsconfig, from the project's folder", "tsconfig.json")
    .option("--dry-run", "print the configuration instead of writing it")
    .option("--force", "write it even if there is a layers.json")
    .addHelpText(
      "after",
      "\nEach folder of the sources becomes a layer that may import what it imports today. Laws that hold today are put in;\nthose that do not are named with how often they are broken.",
    )
    .addHelpText(
      "after",
      exitCodes({
        0: "the configuration is there, and the project is clean by it",
        1: "the project breaks it",
        2: "nothing can be proposed or proven, or layers.json is there already",
      }),
    )
    .addHelpText("after", examples("init --dry-run", "init --sources packages/shop/src"))
    .action(async (flags: InitFlags) => end(await init(flags, io)));
}

async function init(flags: InitFlags, io: Io): Promise<ExitCode> {
  const root = rootOf(flags);
  const file = join(root, "layers.json");
  if (existsSync(file) && flags.force !== true && flags.dryRun !== true) {
    throw new UsageError("layers.json is there already. Look at --dry-run, or overwrite it with --force.");
  }
  const sources = findSources(root, flags.sources);
  if (sources === undefined)
    throw new UsageError(
      "There is no TypeScript or JavaScript file where sources usually lie. Name their folder with --sources.",
    );
  const proposal = await propose(root, { sources, tsconfig: flags.tsconfig });
  if ("unreadable" in proposal) {
    io.err(concise(viewOf(proposal.unreadable, { root })));
    return 2;
  }
  const text = textOf(proposal.config);
  if (flags.dryRun === true) io.out(text);
  else writeFileSync(file, text);
  // What --dry-run prints is to be a file as it stands; what was found out goes beside it.
  const say = flags.dryRun === true ? io.err : io.out;
  if (flags.dryRun !== true) say(`layers.json is written: ${count(proposal.config.layers.length, "layer")}\n`);
  say(findingsOut(proposal));
  if (proposal.report.exitCode !== 0) say(concise(viewOf(proposal.report, { root })));
  else say(`${verdict(proposal.report)}\n`);
  return proposal.report.exitCode;
}

function findingsOut({ rings, leftOut }: Proposal): string {
  const lines = [
    ...rings.map(({ layers, upward }) => {
      const against = upward.map(({ from, to, imports }) => `${from} imports ${to} (${imports})`).join(", ");
      return `allowed, though it is a ring: ${layers.join(", ")}; up the order go: ${against}`;
    }),
    ...leftOut.map(
      ({ kind, findings, first }) =>
        `left out: ${kind} is broken ${count(findings, "time")} today, first at ${first.file}:${first.line}`,
    ),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/** One layer a line, as people write it. */
function textOf({ layers, laws, ...rest }: ProposedConfig): string {
  const members = [
    ...Object.entries(rest).map(([key, value]) => `  ${JSON.stringify(key)}: ${inLine(value)}`),
    `  "layers": [\n${layers.map((layer) => `    ${inLine(layer)}`).join(",\n")}\n  ]`,
    `  "laws": {\n${Object.entries(laws)
      .map(([id, law]) => `    ${JSON.stringify(id)}: ${inLine(law)}`)
      .join(",\n")}\n  }`,
  ];
  return `{\n${members.join(",\n")}\n}\n`;
}

function inLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${inLine(inner)}`)
    .join(", ")} }`;
}
