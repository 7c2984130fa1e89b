import type { EvidenceStore } from "#evidence";
import type { Clock } from "#model";
import { Fault } from "#model";
import { scheduledRunId, scheduledTime } from "./schedule.ts";
import type { Schedule, ScheduleNews, ScheduleView } from "./schedule.ts";

/** What a scheduler is made of. */
export interface SchedulerOptions {
  readonly schedules: readonly Schedule[];
  readonly store: Pick<EvidenceStore, "head" | "openRuns" | "runs">;
  readonly clock: Clock;
  /** Told what became of each firing; must not throw. */
  readonly onNews: (news: ScheduleNews) => void;
}

/** A firing that is later than this was missed, and is not made up for. */
const MOST_LATE_MS = 60_000;
/** The clock on the wall is looked at so often at least: it can be set, and a machine can sleep. */
const LOOK_MS = 60_000;
/** Runs among which a start looks for the last one of each schedule. */
const RUNS_LOOKED_BACK = 1000;

/**
 * Starts the runs of schedules at their times. It remembers nothing: whether a firing was started is known by its run, which has
 * an id made of the schedule and the time. So whoever fires again in the same minute finds it there, and of several schedulers over one
 * store each starts it and one has started it.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #dueMs = new Map<Schedule, number>();
  #disarm: (() => void) | undefined;
  #firing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** All schedules, with the time of the next firing. */
  list(): readonly ScheduleView[] {
    return this.#options.schedules.map((schedule) => {
      const { name, plan, cron, timeZone, overlap, enabled } = schedule;
      const nextMs = enabled ? (this.#dueMs.get(schedule) ?? schedule.next(this.#nowMs())) : undefined;
      const view = { name, plan, cron, timeZone, overlap, enabled };
      return nextMs === undefined ? view : { ...view, nextAt: rfc3339(nextMs) };
    });
  }

  /** Fires from now on, and what was due within the last minute; tells what was missed before. */
  async start(): Promise<void> {
    const fromMs = this.#nowMs() - MOST_LATE_MS;
    const enabled = this.#options.schedules.filter((schedule) => schedule.enabled);
    if (enabled.length === 0) return;
    await this.#tellMissed(enabled, fromMs);
    for (const schedule of enabled) this.#setNext(schedule, fromMs);
    this.#look();
  }

  /** Fires no more. Resolves when nothing is being started. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#disarm?.();
    await this.#firing;
  }

  async #tellMissed(enabled: readonly Schedule[], untilMs: number): Promise<void> {
    const heads = await this.#options.store.runs({ limit: RUNS_LOOKED_BACK });
    for (const schedule of enabled) {
      const times = heads.flatMap(({ runId }) => scheduledTime(schedule.name, runId) ?? []);
      if (times.length === 0) continue;
      const missedMs = schedule.next(Math.max(...times));
      if (missedMs !== undefined && missedMs <= untilMs) this.#missed(schedule, missedMs, "no run of it was started");
    }
  }

  #missed({ name }: Schedule, atMs: number, what: string): void {
    const why = `${what} then, nor at any later time until a minute ago; it is not made up for`;
    this.#options.onNews({ kind: "missed", schedule: name, at: rfc3339(atMs), why });
  }

  #setNext(schedule: Schedule, afterMs: number): void {
    const nextMs = schedule.next(afterMs);
    if (nextMs === undefined) this.#dueMs.delete(schedule);
    else this.#dueMs.set(schedule, nextMs);
  }

  #look(): void {
    const nowMs = this.#nowMs();
    let nextMs = Infinity;
    for (const [schedule, dueMs] of this.#dueMs) {
      if (dueMs < nowMs - MOST_LATE_MS) {
        this.#missed(schedule, dueMs, "the clock went on");
        this.#setNext(schedule, nowMs - MOST_LATE_MS - 1);
      }
      for (
        let atMs = this.#dueMs.get(schedule);
        atMs !== undefined && atMs <= nowMs;
        atMs = this.#dueMs.get(schedule)
      ) {
        const firedMs = atMs;
        this.#firing = this.#firing.then(() => this.#fire(schedule, firedMs));
        this.#setNext(schedule, firedMs);
      }
      nextMs = Math.min(nextMs, this.#dueMs.get(schedule) ?? Infinity);
    }
    if (this.#closed || nextMs === Infinity) return;
    this.#disarm = this.#options.clock.after(Math.min(LOOK_MS, nextMs - nowMs), () => this.#look());
  }

  /** Never rejects: one firing that goes wrong does not keep the others. */
  async #fire(schedule: Schedule, atMs: number): Promise<void> {
    if (this.#closed) return;
    const { store, onNews } = this.#options;
    const at = rfc3339(atMs);
    const runId = scheduledRunId(schedule.name, atMs);
    try {
      if ((await store.head(runId)) !== undefined) return; // started before
      const open = schedule.overlap === "skip" ? await this.#openRun(schedule, runId) : undefined;
      if (open !== undefined) {
        onNews({ kind: "skipped", schedule: schedule.name, at, why: `run ${open} has not ended` });
        return;
      }
      const asked = { actor: `schedule:${schedule.name}`, reason: `scheduled for ${at}`, runId };
      const { attached } = await schedule.start(asked);
      if (!attached) onNews({ kind: "started", schedule: schedule.name, at, runId });
    } catch (error) {
      onNews({ kind: "failed", schedule: schedule.name, at, why: whyOf(error) });
    }
  }

  /** The open run of another firing: that of this one may have been started by another scheduler just now. */
  async #openRun({ name }: Schedule, firing: string): Promise<string | undefined> {
    const heads = await this.#options.store.openRuns();
    return heads.find(({ runId }) => runId !== firing && scheduledTime(name, runId) !== undefined)?.runId;
  }

  #nowMs(): number {
    return Date.parse(this.#options.clock.now());
  }
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

function whyOf(error: unknown): string {
  if (!(error instanceof Fault)) return error instanceof Error ? error.message : String(error);
  const problems = error.violations.slice(0, 10).map(({ field, description }) => `${field} ${description}`);
  return [error.message, ...problems].join("\n  ");
}
