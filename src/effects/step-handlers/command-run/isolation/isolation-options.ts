import { isAbsolute } from "node:path";
import type { Violation } from "#model";
import { isAtLeast } from "./levels.ts";
import type { IsolationLevel } from "./levels.ts";

/** What a command may use; all but `processes` hold for each process by itself. */
export interface ProcessLimits {
  /** Processor time: SIGXCPU at this, SIGKILL a second later. */
  readonly cpuSeconds: number;
  readonly addressSpaceBytes: number;
  /** Size to which a file may grow: SIGXFSZ beyond it. */
  readonly fileBytes: number;
  readonly openFiles: number;
  /** Processes and threads of the user as whom it runs, those of all other commands and of whatever else that user runs included. */
  readonly processes: number;
}

/** A user and a group by their numbers. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** What a command sees beside its working directory. */
export interface SandboxOptions {
  /** Whether it has the network of the machine; false = none, not even the loopback of the server. */
  readonly network: boolean;
  /** Absolute paths that it may read beside the system's programs and libraries. */
  readonly readable: readonly string[];
  /** Absolute directories that it never sees, also where they lie in its working directory: they appear empty. */
  readonly hidden: readonly string[];
  /** Bytes of its own `/tmp`, and as many of its own `/dev/shm`; both are memory. */
  readonly tmpBytes: number;
}

/** How commands are isolated. */
export interface IsolationOptions {
  /** The level of a step that demands none. */
  readonly level: IsolationLevel;
  /** The strongest level that a step may demand; it is tried out before the first step. */
  readonly strongest: IsolationLevel;
  /** As whom commands run from `limited` on. Needed where this process is root, and impossible where it is not. */
  readonly runAs?: RunAs;
  readonly limits: ProcessLimits;
  readonly sandbox: SandboxOptions;
}

/** What holds where nothing else is said. */
export const DEFAULT_ISOLATION: IsolationOptions = {
  level: "group",
  strongest: "group",
  limits: {
    cpuSeconds: 3600,
    addressSpaceBytes: 8 * 1024 ** 3,
    fileBytes: 1024 ** 3,
    openFiles: 1024,
    processes: 512,
  },
  sandbox: { network: false, readable: [], hidden: [], tmpBytes: 64 * 1024 ** 2 },
};

/** All problems of the options for a process that runs as `self`. */
export function isolationProblems(options: IsolationOptions, self: RunAs): Violation[] {
  const { level, strongest, limits, sandbox } = options;
  if (strongest === "group" && level === "group") return [];
  const violations: Violation[] = [];
  const say = (field: string, description: string): unknown => violations.push({ field, description });
  if (!isAtLeast(strongest, level)) say("isolation.strongest", `is ${strongest}, and steps run at ${level}`);
  const user = runAsProblem(options.runAs, self);
  if (user !== undefined) say("run_as", user);
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) say(`limits.${name}`, `is ${value}, expected a whole number from 1`);
  }
  for (const name of ["readable", "hidden"] as const) {
    for (const [index, path] of sandbox[name].entries())
      if (!isAbsolute(path)) say(`sandbox.${name}[${index}]`, `"${path}" is not an absolute path`);
  }
  return violations;
}

function runAsProblem(runAs: RunAs | undefined, self: RunAs): string | undefined {
  if (self.uid === 0) {
    if (runAs === undefined)
      return "is missing: this server runs as root, whom no limit on processes binds; name the {uid, gid} as whom commands run";
    return runAs.uid < 1 || runAs.gid < 1 ? "is root or root's group, expected a user without privileges" : undefined;
  }
  if (runAs === undefined || (runAs.uid === self.uid && runAs.gid === self.gid)) return undefined;
  return `is {uid: ${runAs.uid}, gid: ${runAs.gid}}, and this server runs as {uid: ${self.uid}, gid: ${self.gid}}: only root can become another user; start it as root, or leave run_as out`;
}
