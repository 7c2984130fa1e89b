import type { EvidenceStore, RecordDraft, RunHead } from "#evidence";
import type { Clock, ExecutionResult, JsonObject } from "#model";
import { closingRecords } from "./job-records.ts";
import { interruptedJob } from "./recorded-job.ts";

/** Closes one run that nobody drives any more: a step without an end is in doubt, and nothing reruns it. */
export async function closeInterruptedRun(store: EvidenceStore, head: RunHead, clock: Clock): Promise<ExecutionResult> {
  const at = clock.now();
  const { result, doubtKey } = await interruptedJob(store, head.runId, at);
  const note: RecordDraft = {
    event_type: "log.recovered",
    timestamp_utc: at,
    actor: "verbatim",
    attempt: 0,
    reason: "The process that ran this job ended before the job did.",
    ...(head.torn !== undefined && { data: cutOff(head.torn) }),
  };
  await store.append(head.runId, head.size, [note, ...closingRecords(result, doubtKey)]);
  return result;
}

/** What is told of a torn line: what was cut off the log, and where its copy is. */
function cutOff({ offset, bytes, sha256, copy }: NonNullable<RunHead["torn"]>): JsonObject {
  return { cut: { offset, bytes, sha256, copy } };
}
