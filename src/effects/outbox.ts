import type { CommittedChange } from "#model";

/** A row of an outbox: a change that the application has committed with it. */
export interface OutboxRow {
  /** The row's place, as the database tells it. */
  readonly place: string;
  /** The change; or why the row tells none. */
  readonly change: CommittedChange | { readonly problem: string };
}

/**
 * Port: the table into which an application writes its changes within its own transactions, so that a change that was rolled back is
 * never told, and one that was committed is never lost.
 *
 * Rows are handed out again until they are removed: whoever takes a change in has to know it again by its id.
 */
export interface Outbox {
  /**
   * The oldest rows, in the order in which they were written; rows that were set aside are not among them. There are fewer than `limit` if they
   * are long: 4 MiB are read at a time. None = there are none. A row of more than 1 MiB tells its length as its problem, and nothing else.
   * @throws {Fault} SOURCE_UNAVAILABLE; NOT_CONFIGURED if there is no such table.
   */
  read(limit: number): Promise<readonly OutboxRow[]>;

  /** Removes rows that were taken in. @throws {Fault} SOURCE_UNAVAILABLE */
  remove(places: readonly string[]): Promise<void>;

  /** Keeps a row that can not be taken in, with the reason, out of the way of the others. @throws {Fault} SOURCE_UNAVAILABLE */
  setAside(place: string, problem: string): Promise<void>;

  /** Resolves when there may be new rows: after `milliseconds`, earlier where the database tells it, at once when the signal aborts. */
  wait(milliseconds: number, options: { readonly signal: AbortSignal }): Promise<void>;

  /** Safe to call twice. */
  close(): Promise<void>;
}
