import type { Cancellation, Clock } from "#model";
import type { CommitWatch } from "./commit-watch.ts";
import type { Hands } from "./evidence-store.ts";
import type { RunAppend } from "./log-backend.ts";
import type { LogDamage } from "./log-damage.ts";

/** What a store is made with, beside its medium. */
export interface LogStoreOptions {
  /** A new UUIDv7. */
  readonly newEventId: () => string;
  /** By which many readers of one run are told of its news in turn; absent = all at once. */
  readonly clock?: Pick<Clock, "after">;
  /** Asked before a run is created, or opened again after it had failed; what it throws refuses that. */
  readonly guardNewRun?: () => void;
  /** Told of every commit, after it is durable; must not throw. */
  readonly onCommit?: (appends: readonly RunAppend[]) => void;
  /** Asked and told of each write; absent = nobody measures. */
  readonly watch?: CommitWatch;
  /** Told once, when a write has failed; must not throw. */
  readonly onHalt?: (why: string) => void;
  /** Told of runs that this store was writing and that another process has taken over; must not throw. */
  readonly onFenced?: (runIds: readonly string[]) => void;
  /** Told of runs that another process has given up, and for which hands; some may not be told of. Must not throw. */
  readonly onFree?: (runIds: readonly string[], hands: Hands) => void;
  /** Told once of each run that is held here and is to be stopped; must not throw. */
  readonly onStopAsked?: (runId: string, cancellation: Cancellation) => void;
  /** Told of each log that is found damaged, once; must not throw. */
  readonly onDamage?: (damage: LogDamage) => void;
}
