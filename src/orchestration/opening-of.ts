import { canonicalJson } from "#evidence";
import type { EvidenceStore, PlanDocument, RecordDraft } from "#evidence";
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
  const at = clock.now();
  return openingRecords({
    job,
    at,
    planHash: plan.hash,
    plan: await keptJson(plan.text, store),
    executorVersion,
    admission,
    parameters: handedOver ? await keptJson(parametersText(job), store) : undefined,
  });
}

function parametersText({ steps }: Job): string {
  return canonicalJson(steps.map(({ parameters }) => parameters));
}

/** The value of a text, or the reference to it. */
async function keptJson(text: string, store: EvidenceStore): Promise<Json> {
  return (await spilledText(text, store)) ?? (JSON.parse(text) as Json); // its makers have made it of JSON
}
