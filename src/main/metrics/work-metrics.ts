import type { Registry } from "prom-client";
import type { CapabilityStats, WatchedState } from "#model";
import type { WatchedNumbers } from "#orchestration";
import { oneIf, readCounter, readGauge } from "./families.ts";
import type { Sample } from "./families.ts";

/** Where the numbers of work are. */
export interface WorkMetricSource {
  readonly numbers: () => Promise<WatchedNumbers>;
  /** Capabilities with labels of their own. */
  readonly capabilities: readonly string[];
  readonly onProblem: (error: unknown) => void;
}

/** What is no capability of this server any more is summed up under it: labels do not gather over the years. */
const OTHER = "other";

const TOTALS = {
  enqueued: "Work that was ever accepted.",
  completed: "Work that was ever completed.",
  failed: "Attempts at work that ever failed.",
  retried: "Attempts at work that ever were another one.",
  dead: "Work that ever became a dead letter.",
} as const;

/**
 * Work and its workers, as the store of work says: kept in `work.db`, so the totals go on after a restart. Answers what asks for the numbers,
 * to be called before each page is made: the families of a page are read all at once.
 */
export function addWorkMetrics(
  registers: Registry[],
  { numbers, capabilities, onProblem }: WorkMetricSource,
): () => Promise<void> {
  let last: WatchedNumbers | undefined;
  readGauge({
    name: "verbatim_work_available",
    help: "1 = the store of work told its numbers; 0 = it did not, and what follows from them is left out.",
    registers,
    read: () => [{ value: oneIf(last !== undefined) }],
  });
  const told = (read: (of: WatchedNumbers) => Iterable<Sample>) => () => (last === undefined ? [] : read(last));
  const gauge = (name: string, help: string, read: (of: WatchedNumbers) => number | undefined): void =>
    readGauge({
      name,
      help,
      registers,
      read: told((of) => {
        const value = read(of);
        return value === undefined ? [] : [{ value }];
      }),
    });
  gauge(
    "verbatim_worker_count",
    "Workers: pieces of work that are done at the same time at most.",
    ({ workers }) => workers,
  );
  gauge("verbatim_workers_busy", "Workers that do something.", ({ busy }) => busy);
  gauge(
    "verbatim_queue_depth",
    "Work that waits for its first or next attempt.",
    ({ states }) => states.pending + states.failed,
  );
  gauge("verbatim_work_running", "Work that is claimed by a worker.", ({ states }) => states.running);
  gauge(
    "verbatim_work_oldest_age_seconds",
    "Age of the oldest work that has not ended; 0 = there is none.",
    ({ oldestAgeMs = 0 }) => oldestAgeMs / 1000,
  );
  gauge("verbatim_queue_available", "1 = the queue that hands work out answers.", ({ queue }) =>
    oneIf(queue !== undefined),
  );
  readGauge({
    name: "verbatim_work",
    help: "Work that has not ended, and dead letters, by state.",
    labelNames: ["state"],
    registers,
    read: told(({ states }) =>
      Object.entries(states)
        .filter(([state]) => isWatched(state))
        .map(([state, value]) => ({ labels: { state }, value })),
    ),
  });
  for (const [column, help] of Object.entries(TOTALS) as [keyof typeof TOTALS, string][])
    // its own members
    readCounter({
      name: `verbatim_work_${column}_total`,
      help: `${help} Kept: it goes on after a restart.`,
      labelNames: ["capability"],
      registers,
      read: told((of) => totals(of.capabilities, { column, capabilities })),
    });
  return async () => {
    last = undefined; // whatever comes now: what was known before is not told as the present
    try {
      last = await numbers();
    } catch (error) {
      onProblem(error);
    }
  };
}

function totals(
  stats: readonly CapabilityStats[],
  { column, capabilities }: { readonly column: keyof typeof TOTALS; readonly capabilities: readonly string[] },
): Iterable<Sample> {
  const known = new Set(capabilities);
  const sums = new Map<string, number>();
  for (const one of stats) {
    const label = known.has(one.capability) ? one.capability : OTHER;
    sums.set(label, (sums.get(label) ?? 0) + one[column]);
  }
  return [...sums].map(([capability, value]) => ({ labels: { capability }, value }));
}

const WATCHED: Readonly<Record<WatchedState, true>> = { pending: true, running: true, failed: true, dead: true };

function isWatched(state: string): state is WatchedState {
  return Object.hasOwn(WATCHED, state);
}
