import { isAbsolute } from "node:path";
import { Fault, LIMITS } from "#model";
import type { Clock, Violation } from "#model";
import type { CommandHost } from "./command-host.ts";
import { VARIABLE_NAME } from "./environment.ts";
import type { EnvironmentPolicy } from "./environment.ts";
import { ownUser } from "./isolation/isolation.ts";
import { DEFAULT_ISOLATION, isolationProblems } from "./isolation/isolation-options.ts";
import type { IsolationOptions } from "./isolation/isolation-options.ts";
import type { SecretVault } from "../../secrets/secret-vault.ts";

/** What the server permits `command.run` to do. Nothing is permitted by default. */
export interface CommandRunOptions {
  /**
   * What `argv[0]` may be: absolute paths, compared as they are written, or bare names, found on the fixed search path.
   * Empty = every command is refused; `"*"` = any program. The list binds the program that Verbatim starts and not what
   * that program starts in turn: an `env`, `find` or `make` on it is as much as `"*"`.
   */
  readonly executables: readonly string[];
  /**
   * Absolute directories; a step's working directory must lie inside one of them after symbolic links are resolved. The
   * first is used when a step names none, and a relative name is relative to it. Empty = every command is refused.
   */
  readonly workingDirectories: readonly string[];
  readonly environment: EnvironmentPolicy;
  /** Bytes of output kept of one step, shared by stdout and stderr. Default and upper bound 1 MiB. */
  readonly outputBytes?: number;
  /** Milliseconds between TERM and KILL when a step is stopped. Default 2,000; 0..60,000. */
  readonly killGraceMs?: number;
  /** Secrets that steps may name; what a command prints is scrubbed of them before it is counted, hashed or kept. */
  readonly secrets?: SecretVault;
  /** Default: `group`, and no step may demand more. */
  readonly isolation?: IsolationOptions;
  /** Shared by all step types of a server that start commands; absent = one of its own. */
  readonly host?: CommandHost;
  readonly clock: Clock;
}

/** {@link CommandRunOptions} checked and filled in. */
export type CommandPolicy = Required<Omit<CommandRunOptions, "secrets" | "host">> & {
  readonly secrets?: SecretVault;
  /** Directories in which bare program names are looked up, also the child's `PATH`. */
  readonly searchPath: string;
};

const DEFAULT_SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin";
const DEFAULT_KILL_GRACE_MS = 2000;
const MAX_KILL_GRACE_MS = 60_000;

/** Checks the options. @throws {Fault} INVALID_CONFIGURATION that lists every problem. */
export function commandPolicy(options: CommandRunOptions): CommandPolicy {
  const { host: _host, ...permitted } = options;
  const policy: CommandPolicy = {
    ...permitted,
    outputBytes: options.outputBytes ?? LIMITS.outputBytesPerStep,
    killGraceMs: options.killGraceMs ?? DEFAULT_KILL_GRACE_MS,
    isolation: options.isolation ?? DEFAULT_ISOLATION,
    searchPath: options.environment.values["PATH"] ?? DEFAULT_SEARCH_PATH,
  };
  const violations = [
    ...pathProblems(policy),
    ...environmentProblems(policy.environment),
    ...boundProblem("outputBytes", policy.outputBytes, LIMITS.outputBytesPerStep),
    ...boundProblem("killGraceMs", policy.killGraceMs, MAX_KILL_GRACE_MS),
    ...isolationProblems(policy.isolation, ownUser()),
  ];
  if (violations.length > 0) {
    const list = violations.map((violation) => `${violation.field}: ${violation.description}`).join("; ");
    throw new Fault("INVALID_CONFIGURATION", `command.run is not configured as it must be: ${list}`, { violations });
  }
  return policy;
}

function pathProblems(policy: CommandPolicy): Violation[] {
  const violations: Violation[] = [];
  for (const [index, entry] of policy.executables.entries()) {
    if (entry !== "" && (isAbsolute(entry) || !entry.includes("/"))) continue;
    const description = `"${entry}" is neither an absolute path, nor a name without "/", nor "*"`;
    violations.push({ field: `executables[${index}]`, description });
  }
  for (const [index, entry] of policy.workingDirectories.entries()) {
    if (isAbsolute(entry)) continue;
    violations.push({ field: `workingDirectories[${index}]`, description: `"${entry}" is not an absolute path` });
  }
  // An empty or relative entry would find programs in the step's working directory, where other steps write.
  if (!policy.searchPath.split(":").every((entry) => isAbsolute(entry))) {
    const description = `"${policy.searchPath}" has an entry that is not an absolute path`;
    violations.push({ field: "environment.values.PATH", description });
  }
  return violations;
}

function environmentProblems(environment: EnvironmentPolicy): Violation[] {
  return Object.entries(environment.values).flatMap(([name, value]): Violation[] => {
    const field = `environment.values.${name}`;
    if (!VARIABLE_NAME.test(name)) return [{ field, description: "is not a name of the form A-Z a-z 0-9 _" }];
    if (name.startsWith("VERBATIM_")) return [{ field, description: "is reserved: Verbatim itself sets VERBATIM_*" }];
    if (value.includes("\0")) return [{ field, description: "contains a NUL character" }];
    return [];
  });
}

function boundProblem(field: string, value: number, maximum: number): Violation[] {
  if (Number.isInteger(value) && value >= 0 && value <= maximum) return [];
  return [{ field, description: `is ${value}, expected a whole number from 0 to ${maximum}` }];
}
