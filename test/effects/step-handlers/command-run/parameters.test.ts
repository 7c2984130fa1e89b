import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCommandRun } from "#effects";
import type { CommandRun } from "#effects";
import type { JsonObject } from "#model";
import { realClock } from "../../support/clock.ts";

let directory: string;
let commandRun: CommandRun;
beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "verbatim-parameters-")));
  mkdirSync(join(directory, "inner"));
  commandRun = createCommandRun({
    executables: ["sh", "/usr/bin/env"],
    workingDirectories: [directory],
    environment: { values: { PATH: "/usr/bin:/bin" }, allow: ["NODE_OPTIONS"] },
    clock: realClock,
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

const problems = (parameters: JsonObject): string[] =>
  commandRun.checkParameters(parameters).map((violation) => `${violation.field}: ${violation.description}`);
const fields = (parameters: JsonObject): string[] =>
  commandRun.checkParameters(parameters).map((violation) => violation.field);

describe("the parameters of command.run", () => {
  it.each<[string, JsonObject]>([
    ["the shortest command", { argv: ["sh"] }],
    ["an absolute path", { argv: ["/usr/bin/env"] }],
    ["a listed path under its bare name", { argv: ["env"] }],
    ["empty words after the program", { argv: ["sh", "", ""] }],
    ["a thousand words", { argv: Array.from({ length: 1000 }, () => "sh") }],
    ["the longest word", { argv: ["sh", "x".repeat(131_071)] }],
    ["a directory inside", { argv: ["sh"], working_directory: "inner" }],
    ["a directory that is not there yet", { argv: ["sh"], working_directory: "inner/later" }],
    ["ordinary variables", { argv: ["sh"], environment: { A: "", _b1: "x=y", HOMER: "/", lang: "de" } }],
    ["a guarded variable that is allowed by name", { argv: ["sh"], environment: { NODE_OPTIONS: "" } }],
    ["a thousand variables", { argv: ["sh"], environment: variables(1000) }],
    ["all exit codes", { argv: ["sh"], expected_exit_codes: Array.from({ length: 256 }, (_, code) => code) }],
  ])("may hold %s and are then fine", (_, parameters) => {
    expect(problems(parameters)).toEqual([]);
  });

  it.each<[string, JsonObject, string[]]>([
    ["no argv", {}, ["argv"]],
    ["an argv that is one string", { argv: "sh -c true" }, ["argv"]],
    ["an empty argv", { argv: [] }, ["argv"]],
    ["an empty program", { argv: [""] }, ["argv[0]"]],
    ["a thousand and one words", { argv: Array.from({ length: 1001 }, () => "sh") }, ["argv"]],
    ["words that are no strings", { argv: ["sh", 1, null] }, ["argv[1]", "argv[2]"]],
    ["a NUL in a word", { argv: ["sh", "a\0b"] }, ["argv[1]"]],
    ["a lone surrogate in a word", { argv: ["sh", "\ud800"] }, ["argv[1]"]],
    ["a word that is one byte too long", { argv: ["sh", "x".repeat(131_072)] }, ["argv[1]"]],
    ["a program that is not listed", { argv: ["bash"] }, ["argv[0]"]],
    ["a listed name under another path", { argv: ["/usr/local/bin/sh"] }, ["argv[0]"]],
    ["a listed path that is written otherwise", { argv: ["/usr/bin/../bin/env"] }, ["argv[0]"]],
    ["a relative program", { argv: ["./sh"] }, ["argv[0]"]],
    ["a directory outside", { argv: ["sh"], working_directory: "/etc" }, ["working_directory"]],
    ["an empty directory", { argv: ["sh"], working_directory: "" }, ["working_directory"]],
    ["a NUL in the directory", { argv: ["sh"], working_directory: "a\0" }, ["working_directory"]],
    ["a directory of 4,096 characters", { argv: ["sh"], working_directory: "x".repeat(4096) }, ["working_directory"]],
    ["an environment that is a list", { argv: ["sh"], environment: ["A=1"] }, ["environment"]],
    ["a variable that is no string", { argv: ["sh"], environment: { A: 1 } }, ["environment.A"]],
    ["a NUL in a variable", { argv: ["sh"], environment: { A: "\0" } }, ["environment.A"]],
    [
      "names that are none",
      { argv: ["sh"], environment: { "a-b": "", "": "", "1a": "" } },
      ['environment["1a"]', 'environment["a-b"]', 'environment[""]'],
    ],
    ["a name with an equals sign", { argv: ["sh"], environment: { "A=B": "" } }, ['environment["A=B"]']],
    [
      "a name of 129 characters",
      { argv: ["sh"], environment: { ["A".repeat(129)]: "" } },
      [`environment["${"A".repeat(129)}"]`],
    ],
    ["a thousand and one variables", { argv: ["sh"], environment: variables(1001) }, ["environment"]],
    [
      "guarded variables",
      { argv: ["sh"], environment: { PATH: "/", LD_PRELOAD: "x", BASH_ENV: "x" } },
      ["environment.PATH", "environment.LD_PRELOAD", "environment.BASH_ENV"],
    ],
    [
      "Verbatim's own variables",
      { argv: ["sh"], environment: { VERBATIM_STEP: "x", VERBATIM_NEW: "" } },
      ["environment.VERBATIM_STEP", "environment.VERBATIM_NEW"],
    ],
    ["no expected exit code at all", { argv: ["sh"], expected_exit_codes: [] }, ["expected_exit_codes"]],
    [
      "exit codes that cannot be",
      { argv: ["sh"], expected_exit_codes: [-1, 256, 1.5, "0"] },
      [0, 1, 2, 3].map((index) => `expected_exit_codes[${index}]`),
    ],
    ["unknown names", { argv: ["sh"], cwd: "/", timeout: 3 }, ["cwd", "timeout"]],
  ])("may not hold %s, and say where", (_, parameters, expected) => {
    expect(fields(parameters).sort()).toEqual([...expected].sort());
  });

  it("refuse the member __proto__, which would vanish on the way", () => {
    // Only parsed JSON makes an own member of this name.
    const parameters = JSON.parse('{"argv": ["sh"], "__proto__": {}, "environment": {"__proto__": "x"}}') as JsonObject;
    expect(fields(parameters)).toEqual(["__proto__", "environment.__proto__"]);
  });

  it("name every problem at once, each with its field", () => {
    const parameters = {
      argv: ["bash", "\0"],
      shell: true,
      working_directory: "../..",
      environment: { LD_PRELOAD: "x", B: 1 },
      expected_exit_codes: [],
    };
    expect(fields(parameters).sort()).toEqual([
      "argv[0]",
      "argv[1]",
      "environment.B",
      "environment.LD_PRELOAD",
      "expected_exit_codes",
      "shell",
      "working_directory",
    ]);
  });

  it("say what to do instead of shell", () => {
    expect(problems({ argv: ["sh"], shell: true })).toEqual([expect.stringMatching(/^shell: .*argv/)]);
  });

  it("are described by a JSON Schema that names each of them and closes the list", () => {
    expect(commandRun.parametersSchema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      required: ["argv"],
      additionalProperties: false,
      properties: {
        argv: { type: "array", minItems: 1, maxItems: 1000, items: TEXT_OR_SECRET },
        working_directory: { type: "string" },
        environment: { type: "object", additionalProperties: TEXT_OR_SECRET },
        expected_exit_codes: { type: "array", default: [0] },
      },
    });
  });
});

const TEXT_OR_SECRET = { anyOf: [{ type: "string" }, { type: "object", required: ["secretRef"] }] };

function variables(count: number): JsonObject {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, ""]));
}
