/** What has to be known of a job to give it its level. */
export interface Needing {
  readonly key: string;
  readonly needs: readonly string[];
}

/**
 * The level of each job: 0 for those that need nothing, else one more than the highest of what it needs. Jobs in a circle,
 * which no run has, get none.
 */
export function levelsOf(jobs: readonly Needing[]): ReadonlyMap<string, number> {
  const dependents = new Map<string, string[]>();
  const unmet = new Map<string, number>();
  const levels = new Map<string, number>();
  for (const { key, needs } of jobs) {
    unmet.set(key, needs.length);
    for (const need of needs) {
      const others = dependents.get(need);
      if (others === undefined) dependents.set(need, [key]);
      else others.push(key); // in place: a job may have thousands that need it
    }
  }
  const ready = jobs.filter(({ needs }) => needs.length === 0).map(({ key }) => key);
  for (const key of ready) levels.set(key, 0);
  for (let key = ready.pop(); key !== undefined; key = ready.pop()) {
    for (const next of dependents.get(key) ?? []) {
      levels.set(next, Math.max(levels.get(next) ?? 0, (levels.get(key) ?? 0) + 1));
      const left = (unmet.get(next) ?? 0) - 1;
      unmet.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  return levels;
}
