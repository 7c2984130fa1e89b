/** What is looked at of a job. */
export interface GraphJob {
  readonly key: string;
  readonly needs: readonly string[];
}

/** How the jobs of a plan hang together; needs that name nobody are left out. */
export interface JobGraph {
  /** Keys in an order in which each stands behind what it needs; only complete if there is no cycle. */
  readonly order: readonly string[];
  /** The jobs that need a job. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** Number of jobs on the longest path from a job to an end, itself included. */
  readonly remaining: ReadonlyMap<string, number>;
  /** Jobs that could run at the same time, step by step, were all equally long and workers without number. */
  readonly widths: readonly number[];
  /** One cycle, as its path, first and last the same; absent if there is none. */
  readonly cycle?: readonly string[];
}

/** Looks at a plan's jobs as a graph: linear in jobs and needs, and without recursion, for chains can be long. */
export function jobGraph(jobs: readonly GraphJob[]): JobGraph {
  const dependents = new Map<string, string[]>(jobs.map(({ key }) => [key, []]));
  const unmet = new Map<string, number>();
  for (const { key, needs } of jobs) {
    const known = new Set(needs.filter((need) => dependents.has(need)));
    unmet.set(key, known.size);
    for (const need of known) dependents.get(need)?.push(key);
  }
  const { order, widths } = topologicalOrder(jobs, dependents, unmet);
  const remaining = new Map<string, number>();
  for (const key of order.toReversed()) {
    let longest = 0;
    for (const next of dependents.get(key) ?? []) longest = Math.max(longest, remaining.get(next) ?? 0);
    remaining.set(key, longest + 1);
  }
  const graph = { order, dependents, remaining, widths };
  return order.length === dependents.size ? graph : { ...graph, cycle: findCycle(jobs, new Set(order)) };
}

function topologicalOrder(
  jobs: readonly GraphJob[],
  dependents: ReadonlyMap<string, readonly string[]>,
  unmet: Map<string, number>,
): { readonly order: readonly string[]; readonly widths: readonly number[] } {
  const order: string[] = [];
  const widths: number[] = [];
  let level = [...new Set(jobs.map(({ key }) => key))].filter((key) => unmet.get(key) === 0);
  while (level.length > 0) {
    widths.push(level.length);
    const following: string[] = [];
    for (const key of level) {
      order.push(key);
      for (const next of dependents.get(key) ?? []) {
        const left = (unmet.get(next) ?? 0) - 1;
        unmet.set(next, left);
        if (left === 0) following.push(next);
      }
    }
    level = following;
  }
  return { order, widths };
}

/** Every job that is left needs another one that is left: whoever follows them comes round. */
function findCycle(jobs: readonly GraphJob[], ordered: ReadonlySet<string>): readonly string[] {
  const left = new Map(jobs.filter(({ key }) => !ordered.has(key)).map((job) => [job.key, job]));
  const path: string[] = [];
  const places = new Map<string, number>();
  let job = left.values().next().value;
  while (job !== undefined && !places.has(job.key)) {
    places.set(job.key, path.length);
    path.push(job.key);
    const next = job.needs.find((need) => left.has(need));
    job = next === undefined ? undefined : left.get(next);
  }
  if (job === undefined) return path;
  const cycle = path.slice(places.get(job.key));
  return [...cycle, job.key].toReversed(); // in the direction in which work would flow
}
