import { Fault } from "#model";
import type { RunHead } from "./evidence-store.ts";

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

/** The fault for an append that comes for another place than the end of its log. */
export function placeTaken(head: RunHead | undefined, runId: string, at: number): Fault {
  const end = head?.completed === true ? " and ended" : "";
  const text = `Run ${runId} has ${head?.size ?? 0} records${end}; an append came for position ${at}.`;
  return new Fault("SEQUENCE_CONFLICT", text);
}

/** The fault for an append to a run that somebody else holds. */
export function fenced(runId: string): Fault {
  const text = `Run ${runId} is held by another process that uses the same store; nothing of this was written. Ask that process, or wait until it has ended or its lease is over.`;
  return new Fault("RUN_FENCED", text);
}
