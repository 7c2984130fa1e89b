import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Job, JsonObject } from "#model";
import { REPOSITORY } from "./server.ts";

interface JobFile {
  readonly job_timeout_seconds?: number;
  readonly steps: readonly {
    readonly step_type: string;
    readonly target: string;
    readonly parameters: JsonObject;
    readonly timeout_seconds?: number;
  }[];
}

/** Reads a job of this folder. Whether it is valid is the server's to say. */
export async function readJobFile(name: string, jobId: string): Promise<Job> {
  const text = await readFile(join(REPOSITORY, "examples", name), "utf8");
  const file = parse(text) as JobFile; // our own file
  return {
    jobId,
    contractId: "demo",
    executedBy: "demo",
    steps: file.steps.map((step, stepIndex) => ({
      stepIndex,
      stepType: step.step_type,
      target: step.target,
      parameters: step.parameters,
      timeoutSeconds: step.timeout_seconds ?? 300,
    })),
    ...(file.job_timeout_seconds !== undefined && { timeoutSeconds: file.job_timeout_seconds }),
  };
}
