import { canonicalJson, digest, planDocument } from "#evidence";
import type { SaidRecord } from "#evidence";
import type { Job, Json } from "#model";
import type { CliHost } from "../host.ts";
import { jobOfFile, readDocument } from "./read-job.ts";

/**
 * Reads what was to be run: a job file, or the plan document that stands in `run.created`. Gives the hash that a log of it has
 * to name; what a job file leaves open (who asked, under which id) is taken from the log.
 * @throws {Fault} INVALID_REQUEST
 */
export async function planHashOf(path: string, host: CliHost): Promise<(created: SaidRecord) => string> {
  const { name, document } = await readDocument(path, host);
  if (isPlan(document.value)) {
    const hash = digest(canonicalJson(document.value));
    return () => hash;
  }
  // Checked once with what is left open filled in, so that a file that is none is told before anything is read.
  jobOfFile({ name, document }, OPEN);
  return ({ job_id: jobId, contract_id: contractId, actor }) => {
    const open = { jobId: text(jobId), contractId: text(contractId), executedBy: text(actor) };
    return hashOf(jobOfFile({ name, document }, open));
  };
}

const OPEN = { jobId: "open", contractId: "open", executedBy: "open" };

function hashOf(job: Job): string {
  const { steps } = job;
  return planDocument(
    job,
    steps.map(({ parameters }) => digest(canonicalJson(parameters))),
  ).hash;
}

/** A plan document has the hashes of its parameters; a job file has the parameters. */
function isPlan(value: unknown): value is Json {
  if (typeof value !== "object" || value === null || !("steps" in value) || !("job_id" in value)) return false;
  const { steps } = value;
  return Array.isArray(steps) && "executed_by" in value && steps.every(isPlanned);
}

function isPlanned(step: unknown): boolean {
  return typeof step === "object" && step !== null && "inputs_hash" in step;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
