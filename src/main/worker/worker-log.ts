import type { WorkerNews } from "#worker";
import type { EventLog } from "../log-events.ts";

/** Logs what a worker tells of itself. */
export function logWorker(news: WorkerNews, log: EventLog): void {
  switch (news.kind) {
    case "performed":
    case "closed":
    case "refused":
      return logEnd(news, log);
    case "fenced":
      return log("run.fenced", { run_id: news.runId });
    case "failed":
      return log("internal.error", {
        method: "worker",
        ...(news.runId !== undefined && { run_id: news.runId }),
        error: textOf(news.error),
      });
    case "queue unavailable":
      return log("queue.unavailable", { error: textOf(news.error) });
    case "queue available":
      return log("queue.available", {});
    default:
      return news satisfies never;
  }
}

/** Logs that the list of workers does not answer, or (undefined) that it does again. */
export function tellRoster(error: unknown, log: EventLog): void {
  if (error === undefined) log("roster.available", {});
  else log("roster.unavailable", { error: textOf(error) });
}

function logEnd(news: Extract<WorkerNews, { readonly result: unknown }>, log: EventLog): void {
  const { kind, runId, result } = news;
  const { jobId, finalStatus, finalReason } = result;
  const told = { run_id: runId, job_id: jobId, final_status: finalStatus, final_reason: finalReason };
  if (kind === "performed") return log("job.performed", told);
  return log(kind === "closed" ? "run.recovered" : "job.refused", told);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
