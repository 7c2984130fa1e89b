import { foldEntry } from "../fold-entry.ts";
import type {
  AttemptQuery,
  HistoryAttempt,
  HistoryBatch,
  HistoryJob,
  HistoryPage,
  HistoryPosition,
  HistoryQuery,
  HistoryRun,
  HistoryWord,
  RunHistory,
} from "../run-history.ts";
import { attemptName, TouchedRows } from "../touched-rows.ts";
import type { RunRow, RunRows } from "../touched-rows.ts";

class MemoryRun implements RunRows {
  run: RunRow | undefined;
  readonly jobs = new Map<string, HistoryJob>();
  readonly attempts = new Map<string, HistoryAttempt>();
  readonly words: HistoryWord[] = [];

  job(key: string): HistoryJob | undefined {
    return this.jobs.get(key);
  }

  attempt(key: string, attempt: number): HistoryAttempt | undefined {
    return this.attempts.get(attemptName(key, attempt));
  }

  retrying(): readonly HistoryJob[] {
    return [...this.jobs.values()].filter(({ status }) => status === "retrying");
  }

  keep({ run, jobs, attempts, words }: TouchedRows): void {
    this.run = run;
    for (const [key, job] of jobs) this.jobs.set(key, job);
    for (const [name, attempt] of attempts) this.attempts.set(name, attempt);
    this.words.push(...words);
  }
}

/** A history in this process's memory: for a store in memory, and for tests. */
class MemoryHistory implements RunHistory {
  readonly #runs = new Map<string, MemoryRun>();

  take(batches: readonly HistoryBatch[]): void {
    for (const { runId, entries, anew = false } of batches) {
      if (anew) this.#runs.delete(runId);
      const kept = this.#runs.get(runId) ?? new MemoryRun();
      const rows = new TouchedRows(kept);
      for (const entry of entries) foldEntry(rows, runId, entry);
      kept.keep(rows);
      this.#runs.set(runId, kept);
    }
  }

  list(query: HistoryQuery): HistoryPage {
    const { limit, kind, behind, statuses, nameContains, idBegins = "", createdAfter = "", createdBefore } = query;
    const sorted = this.#rows().map((run, place) => ({ run, place }));
    sorted.sort((one, other) => compare(other.run.createdAt, one.run.createdAt) || other.place - one.place);
    const from = behind && sorted.find(({ run }) => run.runId === behind.runId)?.place;
    const fits = ({ run, place }: { readonly run: RunRow; readonly place: number }): boolean =>
      run.kind === kind &&
      (statuses.size === 0 || statuses.has(run.status)) &&
      run.name.includes(nameContains) &&
      run.runId.startsWith(idBegins) &&
      run.createdAt >= createdAfter &&
      (createdBefore === undefined || run.createdAt < createdBefore) &&
      (behind === undefined ||
        run.createdAt < behind.createdAt ||
        (run.createdAt === behind.createdAt && place < (from ?? 0)));
    const found = sorted.filter(fits).slice(0, limit + 1);
    const runs = found.slice(0, limit).map(({ run }) => historyRun(run));
    const last = runs.at(-1);
    const next = found.length > limit && last !== undefined && { createdAt: last.createdAt, runId: last.runId };
    return { runs, ...(next !== false && { next }) };
  }

  run(runId: string): HistoryRun | undefined {
    const run = this.#runs.get(runId)?.run;
    return run && historyRun(run);
  }

  jobs(runId: string, { limit, behind }: { readonly limit: number; readonly behind?: string }): readonly HistoryJob[] {
    const jobs = [...(this.#runs.get(runId)?.jobs.values() ?? [])];
    return jobs
      .filter(({ key }) => behind === undefined || compare(key, behind) > 0)
      .toSorted((one, other) => compare(one.key, other.key))
      .slice(0, limit);
  }

  attempts(runId: string, { key, limit, behind }: AttemptQuery): readonly HistoryAttempt[] {
    const attempts = [...(this.#runs.get(runId)?.attempts.values() ?? [])];
    return attempts
      .filter((one) => (key === undefined || one.key === key) && (behind === undefined || inOrder(one, behind) > 0))
      .toSorted(inOrder)
      .slice(0, limit);
  }

  words(runId: string, { limit }: { readonly limit: number }): readonly HistoryWord[] {
    return this.#runs.get(runId)?.words.slice(0, limit) ?? [];
  }

  position(runId: string): HistoryPosition | undefined {
    const run = this.#runs.get(runId)?.run;
    return run && positionOf(run);
  }

  newest(): HistoryPosition | undefined {
    return this.#rows().map(positionOf).at(-1);
  }

  openRuns(): readonly HistoryPosition[] {
    return this.#rows()
      .filter(({ endedAt }) => endedAt === undefined)
      .map(positionOf);
  }

  count(): number {
    return this.#runs.size;
  }

  forget(runId: string): void {
    this.#runs.delete(runId);
  }

  suspect(): void {
    // It ends with this process.
  }

  close(): void {
    // Nothing is held open.
  }

  #rows(): RunRow[] {
    return [...this.#runs.values()].map(({ run }) => run).filter((run) => run !== undefined);
  }
}

type AttemptPlace = Pick<HistoryAttempt, "key" | "attempt">;

function inOrder(one: AttemptPlace, other: AttemptPlace): number {
  return compare(one.key, other.key) || one.attempt - other.attempt;
}

/** By their bytes in UTF-8, as SQLite compares. */
function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function positionOf({ runId, size, hash }: RunRow): HistoryPosition {
  return { runId, size, hash };
}

function historyRun({ size: _size, hash: _hash, ...run }: RunRow): HistoryRun {
  return run;
}

/** A history in memory. */
export function createMemoryHistory(): RunHistory {
  return new MemoryHistory();
}
