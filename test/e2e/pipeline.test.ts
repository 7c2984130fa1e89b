import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PlannedJobStatus, RunStatus } from "../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import { planBench } from "./support/plan-bench.ts";
import type { PlanBench } from "./support/plan-bench.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/pipeline");
const PLAN = readFileSync(join(EXAMPLE, "pipeline.yaml"), "utf8");
const STEPS = [
  "preflight_contract_check",
  "phase_benchmark",
  "stage_data_layout",
  "build_steward_bundle",
  "validate_bundle_quality",
  "build_minimal_deliverable",
  "verify_artifacts",
  "publish_internal",
];

/** The example's own configuration, with its directories where the copy is. */
function permitted(directory: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(join(EXAMPLE, "verbatim.yaml"), "utf8");
  return JSON.parse(
    JSON.stringify(parse(text)).replaceAll('["."]', JSON.stringify([join(directory, "work")])),
  ) as Record<string, unknown>; // the example's form
}

/** A server over a copy of the example. */
async function pipelineBench(): Promise<PlanBench> {
  const bench = await planBench({ configuration: permitted });
  cpSync(join(EXAMPLE, "in"), join(bench.directory, "work/in"), { recursive: true });
  return bench;
}

const within = ({ directory }: PlanBench, path: string): string => join(directory, "work", path);

describe("P5 the pipeline of eight steps", () => {
  it("publishes nothing before somebody who has not started it approves, and then all of it", async () => {
    await using bench = await pipelineBench();
    const blocked = await bench.run("good", PLAN);
    expect(blocked.jobs.map(({ key }) => key)).toEqual(STEPS);
    expect(blocked).toMatchObject({ status: RunStatus.BLOCKED });
    expect(blocked.jobs.map(({ status }) => status)).toEqual([
      ...STEPS.slice(0, 7).map(() => PlannedJobStatus.SUCCEEDED),
      PlannedJobStatus.BLOCKED,
    ]);
    expect(existsSync(within(bench, "published"))).toBe(false);
    const word = { runId: "good", jobKey: "publish_internal", reason: "looked at it" };
    await expect(bench.client.runs.approveGate({ word: { ...word, actor: "ada" } })).rejects.toMatchObject({
      code: "APPROVER_IS_SUBMITTER",
    });
    await bench.client.runs.approveGate({ word: { ...word, actor: "bo" } });
    expect(await bench.rest("good")).toMatchObject({ status: RunStatus.SUCCEEDED });
    expect(readFileSync(within(bench, "published/bundle.tar.gz"))).toEqual(
      readFileSync(within(bench, "build/bundle.tar.gz")),
    );
    const artifacts = (await bench.records("good")).filter(({ event_type: type }) => type === "artifact.emitted");
    expect(artifacts.map(({ data }) => data?.["path"])).toEqual([expect.stringMatching(/bundle\.tar\.gz$/)]);
  });

  it("publishes nothing when the one who is asked rejects it, and fails", async () => {
    await using bench = await pipelineBench();
    await bench.run("rejected", PLAN);
    const word = { runId: "rejected", jobKey: "publish_internal", actor: "bo", reason: "not on a Friday" };
    await bench.client.runs.rejectGate({ word });
    expect(await bench.rest("rejected")).toMatchObject({ status: RunStatus.FAILED });
    expect(existsSync(within(bench, "published"))).toBe(false);
  });

  it.each([
    { gate: "preflight_contract_check", file: "in/data.csv", text: "id,accuracy\n1,0.1\n" },
    { gate: "phase_benchmark", file: "in/benchmark.txt", text: "Accuracy 95.2%\n" },
    { gate: "validate_bundle_quality", file: "in/data.csv", text: "id,accuracy\n", sums: true },
    { gate: "verify_artifacts", file: "in/licence.txt", text: "Draft.\n" },
  ])("stops at the hard gate $gate: all behind it is skipped, and no resume goes past it", async (broken) => {
    await using bench = await pipelineBench();
    writeFileSync(within(bench, broken.file), broken.text);
    if (broken.sums === true) {
      const sum = createHash("sha256").update(broken.text).digest("hex");
      writeFileSync(within(bench, "in/SHA256SUMS"), `${sum}  in/data.csv\n`);
    }
    const run = await bench.run("bad", PLAN);
    const at = STEPS.indexOf(broken.gate);
    expect(run.status).toBe(RunStatus.FAILED);
    expect(run.jobs.map(({ status }) => status)).toEqual(
      STEPS.map((_key, place) =>
        place < at ? PlannedJobStatus.SUCCEEDED : place === at ? PlannedJobStatus.FAILED : PlannedJobStatus.SKIPPED,
      ),
    );
    expect(existsSync(within(bench, "published"))).toBe(false);
    const failed = (await bench.records("bad")).find(({ event_type: type }) => type === "gate.failed");
    expect(failed).toMatchObject({ job_key: broken.gate, error_class: "hard_gate_failed" });
    await expect(bench.client.runs.resumeRun({ runId: "bad", actor: "ada" })).rejects.toMatchObject({
      code: "RUN_NOT_RESUMABLE",
    });
  });
});
