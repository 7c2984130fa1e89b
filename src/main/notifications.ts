import type { EvidenceStore, LogStoreOptions } from "#evidence";
import { Notifier } from "#orchestration";
import type { JobRunner } from "#orchestration";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

type Appends = Parameters<NonNullable<LogStoreOptions["onCommit"]>>[0];

/** What notifications are sent with. */
export interface NotificationParts {
  readonly store: EvidenceStore;
  readonly runner: JobRunner;
  readonly log: EventLog;
  /** Whether what an earlier process has not sent is looked for. */
  readonly looksBack: boolean;
}

/** A stop waits so long for notifications of what has just ended, beside the time that it waits for jobs. */
const LAST_WORDS_MS = 10_000;

/** Tells the notifier what the store has made durable: the store is there first. */
export class NotificationsOfRuns {
  #notifier: Notifier | undefined;

  /** Takes notice of a commit. Never throws. */
  readonly take = (appends: Appends): void => {
    for (const { runId, records } of appends) this.#notifier?.take(runId, records);
  };

  /** Call it before any run goes on. Resolves when every word from now on is noticed; looking back goes on behind it. */
  async open({ store, runner, log, looksBack }: NotificationParts): Promise<void> {
    const onProblem = (runId: string, problem: string): void => log("notification.failed", { run_id: runId, problem });
    const notifier = new Notifier({ store, clock: systemClock, jobs: runner, onProblem });
    this.#notifier = notifier;
    await notifier.open();
    if (looksBack) notifier.catchUp().catch((error: unknown) => onProblem("", String(error)));
  }

  /** Call it when no run goes on any more: hands over what is due and waits for it. */
  async drain(runner: JobRunner): Promise<void> {
    await this.#notifier?.drain({ graceMs: LAST_WORDS_MS });
    await runner.drain({ graceMs: LAST_WORDS_MS });
  }
}
