import { pino } from "pino";
import type { Logger } from "pino";

/** Every event that the process logs, with its level: the one list. */
export const LOG_EVENTS = {
  "server.started": "info",
  "server.draining": "info",
  "server.stopped": "info",
  "run.recovered": "warn",
  "run.resumed": "warn",
  "run.waits": "warn",
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
  "outbox.waits": "error",
  "outbox.set_aside": "error",
  "hooks.reloaded": "info",
  "hooks.refused": "error",
  "job.enqueued": "debug",
  "job.completed": "info",
  "job.failed": "warn",
  "job.dead_letter": "error",
  "job.sandbox_violation": "error",
  "job.put_back": "warn",
  "queue.unavailable": "error",
  "executor.started": "info",
  "executor.stopped": "info",
  "schedule.started": "info",
  "schedule.skipped": "warn",
  "schedule.missed": "warn",
  "schedule.failed": "error",
  "secret.absent": "warn",
  "disk.full": "error",
  "disk.room": "warn",
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
  "internal.error": "error",
} as const;

/** Writes one named event with its facts. */
export type EventLog = (event: keyof typeof LOG_EVENTS, facts: Readonly<Record<string, unknown>>) => void;

/** A structured log on standard error: one JSON object a line, written at once. */
export function createEventLog(level: string): EventLog {
  const logger: Logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  return (event, facts) => logger[LOG_EVENTS[event]]({ event, ...facts });
}
