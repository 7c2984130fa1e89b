import type { EvidenceStore, PlanDocument, RecordDraft } from "#evidence";
import type { Clock, Job, Json } from "#model";
import { keepJob, openingRecords, spilledText } from "#worker";

/** What is told of a job beside what it is. */
export interface OpeningOptions {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly plan: PlanDocument;
  readonly executorVersion: string;
  readonly admission: "open" | "contract";
  /** Whether another process performs it: then the whole job lies beside its log. */
  readonly handedOver: boolean;
}

/** The records that open the log of a job; what lies beside it is kept first. */
export async function openingOf(job: Job, options: OpeningOptions): Promise<readonly RecordDraft[]> {
  const { store, clock, plan, executorVersion, admission, handedOver } = options;
  const at = clock.now();
  const document = (await spilledText(plan.text, store)) ?? (JSON.parse(plan.text) as Json); // the plan is JSON by its making
  const handed = handedOver ? await keepJob(job, store) : undefined;
  return openingRecords({ job, at, planHash: plan.hash, plan: document, executorVersion, admission, handed });
}
