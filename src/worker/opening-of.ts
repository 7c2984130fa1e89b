import { canonicalJson } from "#evidence";
import type { BlobReference, EvidenceStore, PlanDocument, RecordDraft } from "#evidence";
import type { Clock, Job, Json } from "#model";
import { openingRecords } from "./job-records.ts";
import { spilledText } from "./spill-output.ts";

/** What is told of a job beside what it is. */
export interface OpeningOptions {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly plan: PlanDocument;
  readonly executorVersion: string;
  readonly admission: "open" | "contract";
  /** Whether another process performs it, which knows of the job what its log says. */
  readonly handedOver: boolean;
}

/** The records that open the log of a job; what is too large for a line is kept beside it first. */
export async function openingOf(job: Job, options: OpeningOptions): Promise<readonly RecordDraft[]> {
  const { store, clock, plan, executorVersion, admission, handedOver } = options;
  const document = (await spilledText(plan.text, store)) ?? (JSON.parse(plan.text) as Json); // the plan is JSON by its making
  return openingRecords({
    job,
    at: clock.now(),
    planHash: plan.hash,
    plan: document,
    executorVersion,
    admission,
    parameters: handedOver ? await keptParameters(job, store) : undefined,
  });
}

/** Always beside the log, however small: a log has parameters by their hashes alone, and nobody is given these over the wire. */
async function keptParameters({ steps }: Job, store: EvidenceStore): Promise<BlobReference> {
  const bytes = Buffer.from(canonicalJson(steps.map(({ parameters }) => parameters)));
  return { $blob: await store.putBlob(bytes), size: bytes.length };
}
