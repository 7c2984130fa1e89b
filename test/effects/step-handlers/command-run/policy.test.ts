import { describe, expect, it } from "vitest";
import { createCommandRun } from "#effects";
import type { CommandRunOptions } from "#effects";
import { Fault, LIMITS } from "#model";
import { realClock } from "../../support/clock.ts";

const SOUND: CommandRunOptions = {
  executables: ["sh", "/usr/bin/env", "*"],
  workingDirectories: ["/tmp"],
  environment: { values: { PATH: "/usr/bin:/bin", HOME: "/" } },
  clock: realClock,
};

function problemFields(options: Partial<CommandRunOptions>): string[] {
  try {
    createCommandRun({ ...SOUND, ...options });
    return [];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error.code).toBe("INVALID_CONFIGURATION");
    for (const violation of error.violations) expect(error.message).toContain(violation.description);
    return error.violations.map((violation) => violation.field);
  }
}

describe("the options of command.run", () => {
  it.each<[string, Partial<CommandRunOptions>]>([
    ["nothing permitted at all", { executables: [], workingDirectories: [], environment: { values: {} } }],
    ["the smallest bounds", { outputBytes: 0, killGraceMs: 0 }],
    ["the largest bounds", { outputBytes: LIMITS.outputBytesPerStep, killGraceMs: 60_000 }],
  ])("may say %s and are then taken", (_, options) => {
    expect(problemFields(options)).toEqual([]);
  });

  it.each<[string, Partial<CommandRunOptions>, string]>([
    ["a relative program", { executables: ["bin/sh"] }, "executables[0]"],
    ["an empty program", { executables: ["sh", ""] }, "executables[1]"],
    ["a relative directory", { workingDirectories: ["/tmp", "x"] }, "workingDirectories[1]"],
    ["a relative search path", { environment: { values: { PATH: "/bin:bin" } } }, "environment.values.PATH"],
    ["an empty entry of the search path", { environment: { values: { PATH: "/bin:" } } }, "environment.values.PATH"],
    ["a reserved variable", { environment: { values: { VERBATIM_STEP: "x" } } }, "environment.values.VERBATIM_STEP"],
    ["a variable that is none", { environment: { values: { "a b": "x" } } }, "environment.values.a b"],
    ["a value with NUL", { environment: { values: { A: "\0" } } }, "environment.values.A"],
    ["more output than a step may have", { outputBytes: LIMITS.outputBytesPerStep + 1 }, "outputBytes"],
    ["a negative grace", { killGraceMs: -1 }, "killGraceMs"],
    ["a grace beyond a minute", { killGraceMs: 60_001 }, "killGraceMs"],
    ["a grace that is no number", { killGraceMs: Number.NaN }, "killGraceMs"],
  ])("may not say %s, and tell which option", (_, options, field) => {
    expect(problemFields(options)).toEqual([field]);
  });

  it("are refused with every problem at once", () => {
    expect(problemFields({ executables: [""], workingDirectories: ["x"], killGraceMs: -1 })).toHaveLength(3);
  });

  it.each([
    ["an empty list of programs", { executables: [] }, "argv[0]"],
    ["an empty list of directories", { workingDirectories: [] }, "working_directory"],
  ])("permit no command at all under %s", (_, options, field) => {
    const commandRun = createCommandRun({ ...SOUND, ...options });
    expect(commandRun.checkParameters({ argv: ["/bin/true"] }).map((violation) => violation.field)).toEqual([field]);
  });

  it("give every program a search path even when they name none", () => {
    const commandRun = createCommandRun({ ...SOUND, executables: ["/usr/bin/env"], environment: { values: {} } });
    expect(commandRun.checkParameters({ argv: ["env"] })).toEqual([]);
  });
});
