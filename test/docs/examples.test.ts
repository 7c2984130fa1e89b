import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { jobFileSchema } from "../../src/cli/job-file/schema.ts";
import { configurationSchema } from "../../src/main/configuration.ts";
import { ROOT, textOf } from "./support/documents.ts";

const CONFIGURATION = configurationSchema.parse(parse(textOf("examples/verbatim.yaml")));
const JOBS = readdirSync(join(ROOT, "examples")).filter((name) => name.endsWith(".yaml") && name !== "verbatim.yaml");

describe("the examples are what they have to be", () => {
  test("there are jobs to look at", () => {
    expect(JOBS).toEqual(["fails-in-the-middle.yaml", "first-job.yaml", "long-job.yaml", "pack-documentation.yaml"]);
  });

  test.each(JOBS)("%s is a valid job whose programs the configuration beside it permits", (name) => {
    const { steps } = jobFileSchema.parse(parse(textOf(`examples/${name}`)));
    const programs = steps.map(({ parameters }) => (parameters["argv"] as readonly string[])[0]); // the schema of command.run
    const permitted = CONFIGURATION.steps["command.run"]?.executables ?? [];
    expect(programs.filter((program) => program === undefined || !permitted.includes(program))).toEqual([]);
  });

  test("the configuration permits no program that no example needs, and nothing that starts others", () => {
    const needed = JOBS.flatMap((name) => jobFileSchema.parse(parse(textOf(`examples/${name}`))).steps).map(
      ({ parameters }) => (parameters["argv"] as readonly string[])[0], // the schema of command.run
    );
    expect(new Set(needed)).toEqual(new Set(CONFIGURATION.steps["command.run"]?.executables));
  });
});
