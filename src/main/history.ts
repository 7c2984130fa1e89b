import { join } from "node:path";
import {
  createMemoryHistory,
  createSqliteHistory,
  damageOf,
  foreignTo,
  HISTORY_FILE,
  HistoryDamage,
  HistoryFeed,
  historyUnavailable,
  moveHistoryAside,
} from "#evidence";
import type { EvidenceStore, HistoryReader, LogStoreOptions, RunHistory } from "#evidence";
import { Fault } from "#model";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

/** What a history needs of what is around it. */
export interface HistoryContext {
  readonly store: EvidenceStore;
  /** Closes it. */
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
}

/**
 * Between the store and the history of its runs, which is opened after it: who owns the store's directory owns the history's
 * file. Without a history everything else goes on.
 */
export class HistoryOfRuns implements HistoryReader, AsyncDisposable {
  #history: RunHistory | undefined;
  #feed: HistoryFeed | undefined;
  #failure = "it is not open yet";

  /**
   * Opens the history and lets it catch up with the store, behind the work. One that is damaged, or of another store, is moved aside, and
   * a new one is made. Never rejects: what is wrong is logged.
   */
  async open({ store: kind, state }: LoadedConfiguration, { store, resources, log }: HistoryContext): Promise<void> {
    resources.use(this);
    try {
      const path = kind === "memory" ? undefined : join(state, HISTORY_FILE);
      const history = path === undefined ? createMemoryHistory() : await fittingHistory(path, store, log);
      this.#history = history;
      this.#feed = new HistoryFeed({
        history,
        store,
        clock: systemClock,
        onProblem: (error, runId) =>
          log("history.failed", { ...(runId !== undefined && { run_id: runId }), error: messageOf(error) }),
        onMended: (runs) => void (runs > 0 && log("history.mended", { runs })),
      });
    } catch (error) {
      this.#failure = messageOf(error);
      log("history.failed", { error: this.#failure });
    }
  }

  /** Tells of what a commit has made durable. Nobody waits for it. */
  readonly take: NonNullable<LogStoreOptions["onCommit"]> = (appends) => this.#feed?.take(appends);

  async ask<Answer>(question: (history: RunHistory) => Answer): Promise<Answer> {
    if (this.#feed === undefined) throw historyUnavailable(this.#failure);
    return await this.#feed.ask(question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feed?.close();
    this.#history?.close();
  }
}

async function fittingHistory(path: string, store: EvidenceStore, log: EventLog): Promise<RunHistory> {
  try {
    return await requireOwn(createSqliteHistory(path, systemClock), store);
  } catch (error) {
    const damage = damageOf(error);
    if (damage === undefined) throw error;
    log("history.rebuilt", { why: damage.message, moved_to: moveHistoryAside(path) });
    return createSqliteHistory(path, systemClock);
  }
}

async function requireOwn(history: RunHistory, store: EvidenceStore): Promise<RunHistory> {
  try {
    const why = await foreignTo(history, store);
    if (why !== undefined) throw new HistoryDamage(`it is of another store: ${why}`);
    return history;
  } catch (error) {
    history.close();
    throw error;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Fault) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
