import { pino } from "pino";
import type { Logger } from "pino";

/** Every event that the process logs, with its level: the one list. */
export const LOG_EVENTS = {
  "server.started": "info",
  "server.draining": "info",
  "server.stopped": "info",
  "worker.started": "info",
  "worker.draining": "info",
  "worker.stopped": "info",
  "job.performed": "info",
  "roster.unavailable": "warn",
  "roster.available": "info",
  "run.recovered": "warn",
  "run.resumed": "warn",
  "run.waits": "warn",
  "job.handed_over": "warn",
  "handing_over.failed": "error",
  "log.torn": "warn",
  "log.broken": "error",
  "run.sealed": "warn",
  "seal.failed": "error",
  "checkpoint.failed": "error",
  "job.refused": "warn",
  "notification.failed": "error",
  "contract.ended": "info",
  "contract.inconclusive": "warn",
  "contract.waits": "warn",
  "hook.matched": "info",
  "hook.enqueue_failed": "error",
  "webhook.refused": "warn",
  "webhook.failed": "error",
  "outbox.waits": "error",
  "outbox.goes_on": "info",
  "outbox.set_aside": "error",
  "hooks.reloaded": "info",
  "hooks.refused": "error",
  "job.enqueued": "debug",
  "job.completed": "info",
  "job.failed": "warn",
  "job.dead_letter": "error",
  "job.sandbox_violation": "error",
  "job.put_back": "warn",
  "job.goes_on": "info",
  "queue.unavailable": "error",
  "queue.available": "info",
  "work.store_fails": "error",
  "work.store_answers": "info",
  "executor.started": "info",
  "executor.stopped": "info",
  "schedule.started": "info",
  "schedule.skipped": "warn",
  "schedule.missed": "warn",
  "schedule.failed": "error",
  "secret.absent": "warn",
  "provider.started": "debug",
  "provider.ended": "warn",
  "provider.output": "info",
  "disk.full": "error",
  "disk.room": "warn",
  "server.insecure": "warn",
  "tls.reloaded": "info",
  "tls.refused": "error",
  "tls.expires": "warn",
  "tls.expired": "error",
  "tls.handshake_refused": "warn",
  "run.fenced": "error",
  "store.unavailable": "error",
  "store.available": "warn",
  "store.halted": "fatal",
  "ledger.mended": "warn",
  "ledger.unsigned": "error",
  "ledger.halted": "fatal",
  "mirror.failed": "error",
  "history.mended": "info",
  "history.rebuilt": "warn",
  "history.failed": "error",
  "development.on": "warn",
  "access.denied": "warn",
  "denials.failed": "error",
  "identity.keys_failed": "error",
  "internal.error": "error",
} as const;

/** The facts of each event of hooks and their work, no more and no fewer, in their order. */
export const WORK_EVENTS = {
  "job.enqueued": ["job_id", "name", "capability"],
  "hook.matched": ["entity", "operation", "timing", "jobs"],
  "hook.enqueue_failed": ["entity", "operation", "error"],
  "job.completed": ["job_id", "name", "capability", "duration_ms"],
  "job.failed": ["job_id", "name", "attempt", "max_attempts", "error"],
  "job.dead_letter": ["job_id", "name", "attempts", "last_error", "total_duration"],
  "job.sandbox_violation": ["job_id", "name", "attempted", "allowed"],
  "executor.started": ["workers"],
  "executor.stopped": [],
} as const satisfies Partial<Record<keyof typeof LOG_EVENTS, readonly string[]>>;

/** A name of the list. */
export type EventName = keyof typeof LOG_EVENTS;

/** What is told with an event: where its facts are listed, these. */
export type FactsOf<Event extends EventName> = Event extends keyof typeof WORK_EVENTS
  ? Readonly<Record<(typeof WORK_EVENTS)[Event][number], unknown>>
  : Readonly<Record<string, unknown>>;

/** Writes one named event with its facts. */
export type EventLog = <Event extends EventName>(event: Event, facts: FactsOf<Event>) => void;

/** A structured log on standard error: one JSON object a line, written at once. */
export function createEventLog(level: string): EventLog {
  const logger: Logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  return (event, facts) => logger[LOG_EVENTS[event]]({ event, ...facts });
}
