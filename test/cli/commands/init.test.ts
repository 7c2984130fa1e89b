import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { planSchema, readPlan } from "#api";
import { runCli } from "../../../src/cli/index.ts";
import { configurationSchema } from "../../../src/main/configuration.ts";
import { compilePlan } from "../../../src/orchestration/plan/compile-plan.ts";
import { fakeHost } from "../support/fake-host.ts";

const SAMPLE = join(import.meta.dirname, "../../../src/cli/sample");

async function run(...argv: readonly string[]) {
  const fake = fakeHost({ argv });
  const code = await runCli(fake.host);
  return { code, out: fake.stdout.text, err: fake.stderr.text };
}

describe("the sample that init writes", () => {
  it("is a plan by its schema, and compiles without a word", async () => {
    const text = await readFile(join(SAMPLE, "plan.yaml"), "utf8");
    const valid = new Ajv2020().compile(planSchema());
    expect(valid(parse(text)) ? [] : valid.errors).toEqual([]);
    const { plan, violations } = compilePlan(readPlan(text, "plan.yaml").declaration, { inherited: {}, overrides: {} });
    expect(violations).toEqual([]);
    expect(plan.jobs.map(({ key, needs }) => [key, ...needs])).toEqual([
      ["prepare"],
      ["system", "prepare"],
      ["mounts", "prepare"],
      ["report", "system", "mounts"],
    ]);
  });

  it("uses exactly the programs that its configuration permits", async () => {
    const text = await readFile(join(SAMPLE, "plan.yaml"), "utf8");
    const { plan } = compilePlan(readPlan(text, "plan.yaml").declaration, { inherited: {}, overrides: {} });
    const steps = plan.jobs.flatMap(({ steps: own, compensate }) => [...own, ...compensate]);
    const programs = new Set(steps.map(({ parameters }) => (parameters["argv"] as readonly string[])[0])); // the schema of command.run
    const configuration = configurationSchema.parse(parse(await readFile(join(SAMPLE, "verbatim.yaml"), "utf8")));
    expect(programs).toEqual(new Set(configuration.steps["command.run"]?.executables));
  });
});

describe("verbatim init", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "vb-init-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("refuses to write over a plan, and leaves everything as it is", async () => {
    const plan = join(directory, "plan.yaml");
    await writeFile(plan, "mine");
    const { code, out, err } = await run("init", plan);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(`${plan} is there already, and nothing is written over: name another file.`);
    expect(await readFile(plan, "utf8")).toBe("mine");
  });

  it("says why a file cannot be written", async () => {
    const { code, err } = await run("init", join(directory, "none", "plan.yaml"));
    expect(code).toBe(2);
    expect(err).toContain("cannot be written (ENOENT)");
  });
});
