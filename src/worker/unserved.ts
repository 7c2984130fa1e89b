import type { WaitingRun } from "#evidence";
import type { RosterEntry } from "#queue";

/** A run that waits, and what is missing for it. */
export interface UnservedRun extends WaitingRun {
  /** Step types that no worker serves; none of them: some do, but no worker serves all that the run needs. */
  readonly missing: readonly string[];
}

/** Those runs that none of the workers could take, however long they wait. */
export function unserved(
  waiting: readonly WaitingRun[],
  workers: readonly Pick<RosterEntry, "serves">[],
): readonly UnservedRun[] {
  const sets = workers.map(({ serves }) => new Set(serves));
  return waiting
    .filter(({ needs }) => !sets.some((serves) => needs.every((need) => serves.has(need))))
    .map((run) => ({ ...run, missing: run.needs.filter((need) => !sets.some((serves) => serves.has(need))) }));
}
