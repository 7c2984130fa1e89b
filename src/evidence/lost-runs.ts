/** Of so many runs that others have claimed it is known that they were written here. */
const LOST_RUNS_KNOWN = 10_000;

/** Runs that were written here and that somebody else has claimed since: the latest of them. */
export class LostRuns {
  readonly #runIds = new Set<string>();

  add(runId: string): void {
    this.#runIds.delete(runId);
    this.#runIds.add(runId);
    for (const oldest of this.#runIds) {
      if (this.#runIds.size <= LOST_RUNS_KNOWN) break;
      this.#runIds.delete(oldest);
    }
  }

  delete(runId: string): void {
    this.#runIds.delete(runId);
  }

  has(runId: string): boolean {
    return this.#runIds.has(runId);
  }
}
