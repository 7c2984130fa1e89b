import type { WorkNews } from "#orchestration";
import type { EventLog } from "./log-events.ts";

/** Logs what becomes of hooks and of their work, each with the facts that `WORK_EVENTS` lists. */
export function logWork(news: WorkNews, log: EventLog): void {
  switch (news.kind) {
    case "hook matched":
      return log("hook.matched", { entity: news.entity, operation: news.operation, timing: "after", jobs: news.jobs });
    case "hook failed":
      return log("hook.enqueue_failed", { entity: news.entity, operation: news.operation, error: textOf(news.error) });
    case "enqueued":
      return log("job.enqueued", { job_id: news.id, name: news.name, capability: news.capability });
    case "completed":
      return log("job.completed", {
        job_id: news.id,
        name: news.name,
        capability: news.capability,
        duration_ms: Math.round(news.durationMs),
      });
    case "failed":
    case "dead":
    case "sandbox violation":
      return logFailure(news, log);
    case "put back":
      return log("job.put_back", { job_id: news.id, error: textOf(news.error) });
    case "queue unavailable":
      return log("queue.unavailable", { error: textOf(news.error) });
    case "store fails":
      return log("work.store_fails", { error: textOf(news.error) });
    case "goes on":
    case "queue available":
    case "store answers":
      return log(ENDS[news.kind], endOf(news));
    case "started":
      return log("executor.started", { workers: news.workers });
    case "stopped":
      return log("executor.stopped", {});
  }
}

/** How the end of what was told of once is told. */
const ENDS = {
  "goes on": "job.goes_on",
  "queue available": "queue.available",
  "store answers": "work.store_answers",
} as const;

/** The facts of the end of an outage. */
export function endOf({
  ms,
  failures,
}: {
  readonly ms: number;
  readonly failures: number;
}): Readonly<Record<string, number>> {
  return { duration_ms: Math.round(ms), failures };
}

type Failure = Extract<WorkNews, { readonly kind: "failed" | "dead" | "sandbox violation" }>;

function logFailure(news: Failure, log: EventLog): void {
  const { id, name, capability, attempt, error } = news;
  const told = `${error.errorClass}: ${error.message}`;
  if (news.kind === "sandbox violation") {
    const { allowed } = news;
    const attempted = allowed.includes(capability) ? `${capability}: ${error.message}` : capability;
    return log("job.sandbox_violation", { job_id: id, name, attempted, allowed });
  }
  if (news.kind === "failed")
    return log("job.failed", { job_id: id, name, attempt, max_attempts: news.maxAttempts, error: told });
  const { durationMs: total_duration } = news;
  log("job.dead_letter", { job_id: id, name, attempts: attempt, last_error: told, total_duration });
}

/** What an error says of itself. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
