import { isBlobReference, verifyLines } from "#evidence";
import type { EvidenceStore, StoredRecord } from "#evidence";
import { Fault } from "#model";
import type { AdmittedJob, Job, Json } from "#model";
import { declarePlan } from "./declare-plan.ts";
import { keptJob } from "./handed-job.ts";

/** What a log has before its job is begun: `run.created` and `job.started`, which are one append. */
const OPENING_RECORDS = 2;

/** Whether nothing of a job has been begun whose log has these records. */
export function isUnbegun(records: readonly StoredRecord[]): boolean {
  const types = records.map(({ record }) => record.event_type);
  return records.length === OPENING_RECORDS && types[0] === "run.created" && types[1] === "job.started";
}

/**
 * The job whose admission the beginning of its log records. Governance has decided it once; here it is not decided anew, but read:
 * the chain has to hold, and the job that lies beside the log has to be the one whose hash stands in it.
 * @param opening the records of a log of which nothing has been begun.
 * @throws {Fault} EVIDENCE_BROKEN if any of that does not hold: then nothing is performed.
 */
export async function recordedAdmission(
  store: EvidenceStore,
  runId: string,
  opening: readonly StoredRecord[],
): Promise<AdmittedJob> {
  const created = opening[0]?.record;
  const { ok, problems } = await verifyLines(
    opening.map(({ line }) => line),
    { runId },
  );
  if (!ok) throw broken(runId, `it does not hold: ${problems[0]?.message ?? "no reason is known"}`);
  const admission = created?.data?.["admission"];
  // What a contract grants is asked of its authority, which a worker does not have.
  if (admission !== "open")
    throw broken(runId, `the admission that it records is ${JSON.stringify(admission)}, expected "open"`);
  const job = await jobBeside(store, runId, created?.data?.["job"]);
  const hash = hashOf(job);
  if (created?.plan_hash === undefined || hash !== created.plan_hash)
    throw broken(runId, `the job beside it has the hash ${hash}, and the log names ${created?.plan_hash}`);
  // `as`: governance has admitted the job of this hash, and its log says so.
  return Object.freeze({ ...job, steps: Object.freeze(job.steps.map((step) => Object.freeze(step))) }) as AdmittedJob;
}

async function jobBeside(store: EvidenceStore, runId: string, reference: Json | undefined): Promise<Job> {
  if (!isBlobReference(reference)) throw broken(runId, "it does not say where its job lies");
  const bytes = await store.getBlob(reference.$blob);
  if (bytes === undefined) throw broken(runId, `its job ${reference.$blob} is missing beside it`);
  try {
    return keptJob(JSON.parse(Buffer.from(bytes).toString("utf8")) as Json); // JSON.parse gives JSON
  } catch (error) {
    throw broken(
      runId,
      `its job ${reference.$blob} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Undefined for what is no job at all. */
function hashOf(job: Job): string | undefined {
  try {
    return declarePlan(job).hash;
  } catch {
    return undefined;
  }
}

function broken(runId: string, what: string): Fault {
  const text = `The log of run ${runId} lets nothing be performed: ${what}. Verify it; nothing was begun.`;
  return new Fault("EVIDENCE_BROKEN", text);
}
