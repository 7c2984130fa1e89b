import { digest } from "#evidence";

/** What an attempt is for. */
export type AttemptKind = "job" | "compensate" | "probe";

/** The job key in the records of an attempt: that of the job, or of what belongs to it. A job key has no colon. */
export function recordKey(key: string, kind: AttemptKind): string {
  return kind === "job" ? key : `${key}:${kind}`;
}

/** What a record's job key is about. */
export function attemptKind(recorded: string): { readonly key: string; readonly kind: AttemptKind } {
  const colon = recorded.indexOf(":");
  if (colon === -1) return { key: recorded, kind: "job" };
  return { key: recorded.slice(0, colon), kind: recorded.endsWith(":probe") ? "probe" : "compensate" };
}

/**
 * The job id of an attempt. It follows from run, job and number alone, and its slashes keep it apart from every id that a
 * caller can choose, so that two who start the same attempt start the same job.
 */
export function attemptJobId(runId: string, recorded: string, attempt: number): string {
  return `${runId}/${recorded}/${attempt}`;
}

/**
 * The id of the log that an attempt has of its own where a worker performs it. It follows from the job id of the attempt, so that the log is
 * made once, whoever begins; and it begins with `~`, as no id that a caller can choose.
 */
export function attemptLogId(jobId: string): string {
  return `~${digest(jobId)}`;
}

/** Whether a log is that of one attempt. */
export function isAttemptLog(logId: string): boolean {
  return logId.startsWith("~");
}
