import { digest } from "#evidence";
import type { Job, PlannedNotification } from "#model";
import { LIMITS } from "#model";
import { ENGINE } from "../run/run-records.ts";
import type { NotificationFacts } from "./notification-facts.ts";
import { notificationMessage } from "./notification-message.ts";
import { notificationStep } from "./notification-step.ts";

/** What names a notification. */
export interface NotificationName {
  readonly runId: string;
  /** The record that is told of. */
  readonly seq: number;
  /** The notification's place in the plan's list, 0-based. */
  readonly place: number;
}

/** So much of a run id stands in a job id whose run id is too long. */
const PREFIX_CHARACTERS = 50;

/**
 * The job id of a notification: it follows from what it tells of, and a job id is executed at most once. So is the notification
 * sent at most once, however often it is asked for.
 */
export function notificationJobId({ runId, seq, place }: NotificationName): string {
  const end = `.notify.${seq}.${place}`;
  if (runId.length + end.length <= LIMITS.idCharacters) return `${runId}${end}`;
  return `${runId.slice(0, PREFIX_CHARACTERS)}.${digest(runId)}${end}`;
}

/** The job that sends a notification. */
export function notificationJob(
  facts: NotificationFacts,
  { notification, place }: { readonly notification: PlannedNotification; readonly place: number },
): Job {
  const step = notificationStep(notification.way, notificationMessage(facts));
  return {
    jobId: notificationJobId({ runId: facts.runId, seq: facts.seq, place }),
    contractId: facts.contractId,
    executedBy: ENGINE,
    steps: [{ stepIndex: 0, ...step }],
  };
}
