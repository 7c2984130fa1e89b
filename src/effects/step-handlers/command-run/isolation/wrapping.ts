import type { IsolationOptions, ProcessLimits, RunAs } from "./isolation-options.ts";
import type { IsolationLevel } from "./levels.ts";
import { sandboxArguments } from "./sandbox-arguments.ts";
import type { IsolationTools } from "./tools.ts";

/** What is isolated and how. */
export interface WrappingInput {
  readonly level: Exclude<IsolationLevel, "group">;
  readonly options: IsolationOptions;
  readonly tools: IsolationTools;
  /** Where the command runs; a real path. */
  readonly directory: string;
}

/**
 * The words by which a shell is started at a level. Each program sets its part and becomes the next one; the shell, which reads from
 * its standard input, becomes the command. The limits come first, for root may set them above its own.
 */
export function wrappingOf({ level, options, tools, directory }: WrappingInput): readonly string[] {
  const shell = [tools.setpriv, ...privilegeFlags(options.runAs), "--", tools.sh, "-s"];
  const limits = [tools.prlimit, ...limitFlags(options.limits), "--"];
  if (level === "limited") return [...limits, ...shell];
  // TERM is for the command: bubblewrap, which would die of it and take the command along, does not see it.
  const outside = [...limits, tools.env, "--ignore-signal=TERM", tools.bwrap];
  return [...outside, ...sandboxArguments(options, directory), "--", tools.env, "--default-signal=TERM", ...shell];
}

function limitFlags(limits: ProcessLimits): string[] {
  const { cpuSeconds, addressSpaceBytes, fileBytes, openFiles, processes } = limits;
  return [
    // At the first it is told, at the second it is killed: were they the same, nobody could say what killed it.
    `--cpu=${cpuSeconds}:${cpuSeconds + 1}`,
    `--as=${addressSpaceBytes}`,
    `--fsize=${fileBytes}`,
    `--nofile=${openFiles}`,
    `--nproc=${processes}`,
    "--core=0",
  ];
}

function privilegeFlags(runAs: RunAs | undefined): string[] {
  const user =
    runAs === undefined
      ? []
      : [`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, "--clear-groups", "--bounding-set=-all"];
  return [...user, "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"];
}
