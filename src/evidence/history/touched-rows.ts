import type { HistoryAttempt, HistoryJob, HistoryPosition, HistoryRun, HistoryWord } from "./run-history.ts";

/** A run with how far it is known. */
export interface RunRow extends HistoryRun, Omit<HistoryPosition, "runId"> {}

/** Where the rows of one run are looked up. */
export interface RunRows {
  readonly run: RunRow | undefined;
  job(key: string): HistoryJob | undefined;
  attempt(key: string, attempt: number): HistoryAttempt | undefined;
  /** Jobs that wait for their next attempt. */
  retrying(): readonly HistoryJob[];
}

/** Rows of one run that are being changed: looked up once, changed in memory, and kept together at the end. */
export class TouchedRows {
  readonly #rows: RunRows | undefined;
  run: RunRow | undefined;
  readonly jobs = new Map<string, HistoryJob>();
  readonly attempts = new Map<string, HistoryAttempt>();
  readonly words: HistoryWord[] = [];

  /** @param rows absent = nothing is known of the run. */
  constructor(rows: RunRows | undefined) {
    this.#rows = rows;
    this.run = rows?.run;
  }

  job(key: string): HistoryJob {
    return this.jobs.get(key) ?? this.#rows?.job(key) ?? { key, status: "pending", attempts: 0, marked: false };
  }

  setJob(job: HistoryJob): void {
    this.jobs.set(job.key, job);
  }

  attempt(key: string, attempt: number): HistoryAttempt | undefined {
    return this.attempts.get(attemptName(key, attempt)) ?? this.#rows?.attempt(key, attempt);
  }

  setAttempt(attempt: HistoryAttempt): void {
    this.attempts.set(attemptName(attempt.key, attempt.attempt), attempt);
  }

  /** Jobs that wait for their next attempt. */
  retrying(): readonly HistoryJob[] {
    const kept = (this.#rows?.retrying() ?? []).filter(({ key }) => !this.jobs.has(key));
    return [...kept, ...this.jobs.values()].filter(({ status }) => status === "retrying");
  }
}

/** Names an attempt within its run: the number first, for a key may hold anything. */
export function attemptName(key: string, attempt: number): string {
  return `${attempt}/${key}`;
}
