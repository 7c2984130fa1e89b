import type { EvidenceStore, RecordDraft, RunHead } from "#evidence";
import type { Clock, ExecutionResult, JsonObject } from "#model";
import { claimData, closingRecords } from "./job-records.ts";
import type { Holder } from "./job-records.ts";
import { interruptedJob } from "./recorded-job.ts";

/** With what a run is closed. */
export interface CloseOptions {
  readonly clock: Clock;
  /** The worker that closes it; absent = the server does. */
  readonly by?: Holder;
  /** Why its job is not performed; absent = the process that ran it is gone. */
  readonly reason?: string;
}

/** Closes one run that nobody drives any more: a step without an end is in doubt, and nothing reruns it. */
export async function closeInterruptedRun(
  store: EvidenceStore,
  head: RunHead,
  { clock, by, reason }: CloseOptions,
): Promise<ExecutionResult> {
  const at = clock.now();
  const { result: interrupted, doubtKey } = await interruptedJob(store, head.runId, at);
  const result = reason === undefined ? interrupted : { ...interrupted, finalReason: reason };
  const data = [...(by === undefined ? [] : [claimData(by)]), ...(head.torn === undefined ? [] : [cutOff(head.torn)])];
  const note: RecordDraft = {
    event_type: "log.recovered",
    timestamp_utc: at,
    actor: by?.worker ?? "verbatim",
    attempt: 0,
    reason: reason ?? "The process that ran this job ended before the job did.",
    ...(data.length > 0 && { data: Object.assign({}, ...data) as JsonObject }), // of objects
  };
  await store.append(head.runId, head.size, [note, ...closingRecords(result, doubtKey)]);
  return result;
}

/** What is told of a torn line: what was cut off the log, and where its copy is. */
function cutOff({ offset, bytes, sha256, copy }: NonNullable<RunHead["torn"]>): JsonObject {
  return { cut: { offset, bytes, sha256, copy } };
}
