import type { EvidenceRecord } from "#evidence";
import { notificationCause } from "./notification-facts.ts";
import { isNotifying } from "./words-of-run.ts";

/**
 * Which runs may have something to tell: those whose first record says so, and those whose first record was not seen here. All
 * others are known by what they are not, so that a direct job costs one look into a set.
 */
export class RunWatch {
  readonly #watched = new Set<string>();

  /** A run whose first record was not seen. */
  add(runId: string): void {
    this.#watched.add(runId);
  }

  /** Whether somebody may have to be told of a record that has become durable. */
  isDue(runId: string, record: EvidenceRecord): boolean {
    if (record.event_type === "run.created" && isNotifying(record)) this.#watched.add(runId);
    if (record.event_type === "run.resumed") this.#watched.add(runId); // it may have ended before this process began
    if (!this.#watched.has(runId)) return false;
    if (record.event_type === "run.completed") this.#watched.delete(runId);
    return notificationCause(record) !== undefined;
  }
}
