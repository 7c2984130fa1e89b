import { digest, verifyLines } from "#evidence";
import type { EvidenceStore, StoredRecord } from "#evidence";
import { Fault } from "#model";
import type { AdmittedJob, Job } from "#model";
import { recordedRequest } from "./recorded-request.ts";

/** What a log has before its job is begun: `run.created` and `job.started`, which are one append. */
const OPENING_RECORDS = 2;

/** Whether nothing of a job has been begun whose log has these records. */
export function isUnbegun(records: readonly StoredRecord[]): boolean {
  const types = records.map(({ record }) => record.event_type);
  return records.length === OPENING_RECORDS && types[0] === "run.created" && types[1] === "job.started";
}

/**
 * The job whose admission the beginning of its log records. Governance has decided it once; here it is not decided anew, but read:
 * the chain has to hold, the log has to be the one of this job, and every part of the job has to fit the hashes in it.
 * @param opening the records of a log of which nothing has been begun.
 * @throws {Fault} EVIDENCE_BROKEN if any of that does not hold: then nothing is performed.
 */
export async function recordedAdmission(
  store: EvidenceStore,
  runId: string,
  opening: readonly StoredRecord[],
): Promise<AdmittedJob> {
  const lines = opening.map(({ line }) => line);
  const { ok, problems } = await verifyLines(lines, { runId });
  const created = opening[0]?.record;
  if (!ok || created === undefined) throw broken(runId, problems[0]?.message ?? "it has no beginning");
  const admission = created.data?.["admission"];
  // What a contract grants is asked of its authority, which a worker does not have.
  if (admission !== "open")
    throw broken(runId, `the admission that it records is ${JSON.stringify(admission)}, expected "open"`);
  const job: Job = await recordedRequest(store, created);
  if (![job.jobId, `~${digest(job.jobId)}`].includes(runId) || created.job_id !== job.jobId)
    throw broken(runId, `it is not the log of its job ${job.jobId}`);
  const steps = Object.freeze(job.steps.map((step) => Object.freeze(step)));
  return Object.freeze({ ...job, steps }) as AdmittedJob; // `as`: governance has admitted the job of these hashes, and its log says so
}

function broken(runId: string, what: string): Fault {
  return new Fault(
    "EVIDENCE_BROKEN",
    `The log ${runId} does not hold: ${what}. Nothing is performed by it: verify it.`,
  );
}
