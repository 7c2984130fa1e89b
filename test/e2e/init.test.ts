import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPlan } from "#api";
import { compilePlan } from "../../src/orchestration/plan/compile-plan.ts";

const ROOT = join(import.meta.dirname, "../..");
const SAMPLE = join(ROOT, "src/cli/sample");

describe("verbatim init, in a folder of its own", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "vb-init-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function verbatim(...argv: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "src/main/bin.ts"), ...argv], {
      cwd: directory,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  it("writes the sample and a configuration, which another one does not replace", () => {
    expect(verbatim("init")).toEqual({
      status: 0,
      stdout: "Wrote plan.yaml, a sample plan.\nWrote verbatim.yaml, which permits what the sample uses.\n",
      stderr: "",
    });
    for (const name of ["plan.yaml", "verbatim.yaml"])
      expect(readFileSync(join(directory, name), "utf8")).toBe(readFileSync(join(SAMPLE, name), "utf8"));
    writeFileSync(join(directory, "verbatim.yaml"), "# mine\n");
    expect(JSON.parse(verbatim("init", "other.yaml", "--json").stdout)).toEqual({
      written: ["other.yaml"],
      kept: ["verbatim.yaml"],
    });
    expect(readFileSync(join(directory, "verbatim.yaml"), "utf8")).toBe("# mine\n");
  });

  it("writes a configuration with which the doctor finds nothing wrong", () => {
    verbatim("init");
    const { stdout } = verbatim("doctor", "--json");
    expect(stdout).toContain('"status":"ok"');
    expect(stdout).not.toMatch(/"name":"configuration","status":"failed"/);
  });

  it("writes steps that do on this machine what the plan says, one after the other", () => {
    verbatim("init");
    writeFileSync(join(directory, "job.yaml"), stepsAsOneJob(readFileSync(join(directory, "plan.yaml"), "utf8")));
    const { status, stdout } = verbatim("exec", "job.yaml", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ final_status: "COMPLETED", execution_summary: { steps_succeeded: 7 } });
    expect(status).toBe(0);
  });
});

/** The steps of the plan as one job, in an order in which they can run: what `exec` runs. */
function stepsAsOneJob(text: string): string {
  const { plan } = compilePlan(readPlan(text, "plan.yaml").declaration, { inherited: {}, overrides: {} });
  const steps = plan.jobs.flatMap((job) => job.steps);
  return JSON.stringify({ steps: steps.map(({ stepType, parameters }) => ({ step_type: stepType, parameters })) });
}
