import { tmpdir } from "node:os";
import { Fault } from "#model";
import type { Violation } from "#model";
import type { StepOutput } from "../../../step-handler.ts";
import type { CommandPolicy } from "../policy.ts";
import { findWorkingDirectory } from "../working-directory.ts";
import type { Bare } from "./isolation.ts";
import { ISOLATION_LEVELS, isAtLeast } from "./levels.ts";
import type { IsolationLevel } from "./levels.ts";

/** Runs a command at a level, exactly as a step's is run. */
export type RunProbe = (probe: Bare, level: IsolationLevel) => Promise<StepOutput>;

/**
 * Tries each level above `group` that steps may have, in each working directory that is there, with a command that does nothing.
 * @throws {Fault} INVALID_CONFIGURATION that lists all that cannot be had.
 */
export async function tryIsolation(policy: CommandPolicy, run: RunProbe): Promise<void> {
  const { strongest } = policy.isolation;
  const levels = ISOLATION_LEVELS.filter((level) => level !== "group" && isAtLeast(strongest, level));
  const violations: Violation[] = [];
  for (const level of levels) {
    for (const directory of directoriesOf(policy)) {
      const { success, error } = await run(probeIn(directory), level);
      if (!success)
        violations.push({ field: "isolation", description: `${level} in ${directory}: ${error ?? "failed"}` });
    }
  }
  if (violations.length === 0) return;
  const list = violations.map(({ description }) => `\n    ${description}`).join("");
  const text = `isolation that is configured cannot be had here:${list}\n    Mend what is said there, or configure less isolation for command.run and check.command.`;
  throw new Fault("INVALID_CONFIGURATION", text, { violations });
}

/** One that is not there yet may come; whether it will do is seen then. */
function directoriesOf({ workingDirectories }: CommandPolicy): readonly string[] {
  const there = workingDirectories.flatMap((declared) => {
    const found = findWorkingDirectory(declared, [declared]);
    return found.kind === "directory" ? [found.path] : [];
  });
  return there.length > 0 ? there : [tmpdir()];
}

function probeIn(directory: string): Bare {
  return {
    file: "/bin/true",
    argv: ["true"],
    directory,
    environment: {},
  };
}
