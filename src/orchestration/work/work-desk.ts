import type { Clock, CommittedChange, EntityRecord, HookSet, Violation } from "#model";
import { Fault } from "#model";
import type { DeadLetterQuery, NewWork, WatchedStats, Work, WorkStats } from "#model";
import type { JobQueue, PageOfWork, QueueDepth, WorkStore } from "#queue";
import type { CompiledHooks } from "../hooks/compile-hooks.ts";
import { matchHooks } from "../hooks/match-hooks.ts";
import { hookPayload, isSameWork, workOfChange } from "./hook-work.ts";
import type { AskedBy } from "./hook-work.ts";
import type { OnWorkNews } from "./work-news.ts";
import type { Workers } from "./workers.ts";

/** What the desk stands on. */
export interface WorkDeskOptions {
  readonly store: WorkStore;
  readonly queue: JobQueue;
  readonly workers: Workers;
  readonly clock: Clock;
  /** The file of hooks that holds at present. */
  readonly hooks: () => CompiledHooks;
  readonly newId: () => string;
  /** Asked before anything is accepted, redriven work too: refuses if the disk is full. @throws {Fault} LIMIT_EXCEEDED */
  readonly requireRoom?: () => void;
  readonly onNews: OnWorkNews;
}

/** What came of a change. */
export interface Published {
  /** Hooks that it matched, by name. */
  readonly hooks: readonly string[];
  /** Ids of the work that it asks for, in the order of the file. */
  readonly works: readonly string[];
  /** How many of them are new: the same change again adds none. */
  readonly added: number;
}

/** One job that is asked for without a hook. */
export interface DirectWork {
  /** Names it for ever: the same again is no second one. */
  readonly key: string;
  readonly job: string;
  readonly record: EntityRecord;
  readonly old?: EntityRecord;
}

/** What is to be redriven. */
export interface RedriveOrder {
  readonly query: DeadLetterQuery;
  /** Only says what would be. */
  readonly dryRun: boolean;
  /** At most this many. */
  readonly max: number;
  /** At most this many a second; 0 = as fast as they are accepted. */
  readonly perSecond: number;
}

/** What came of redriving. */
export interface Redriven {
  /** Dead letters that fit, those beyond `max` too. */
  readonly matched: number;
  /** Each dead letter and the new work that redoes it. */
  readonly redriven: readonly { readonly id: string; readonly newId: string }[];
  /** Those that were not, and why. */
  readonly refused: readonly { readonly id: string; readonly why: string }[];
}

/** Numbers of the workers and of what they are handed. */
export interface WorkerNumbers {
  readonly workers: number;
  readonly busy: number;
  /** Undefined = the queue does not answer. */
  readonly queue: QueueDepth | undefined;
}

/** Numbers of the workers and what they have to do. */
export type WorkNumbers = WorkStats & WorkerNumbers;

/** The same for who asks often: what has ended is not counted for it. */
export type WatchedNumbers = WatchedStats & WorkerNumbers;

const PAGE = 100;

/** Takes in changes and work, and looks after what nobody will try again. */
export class WorkDesk {
  readonly #options: WorkDeskOptions;
  #closed = false;

  constructor(options: WorkDeskOptions) {
    this.#options = options;
  }

  /**
   * Accepts the jobs of all hooks that a change matches, or none; durable when it resolves.
   * @param options `quiet`: it was refused before, and that was told.
   * @throws {Fault} INVALID_REQUEST for an entity that is not known, or a condition that cannot be told; LIMIT_EXCEEDED; DRAINING.
   */
  async publish(change: CommittedChange, { quiet = false }: { readonly quiet?: boolean } = {}): Promise<Published> {
    const { entity, operation } = change;
    const { onNews } = this.#options;
    try {
      this.#requireOpen();
      const hooks = this.#options.hooks();
      const { set } = hooks;
      if (!set.entities.has(entity)) throw unknownName("entity", entity, set.entities.keys());
      const { matched, undecided } = matchHooks(hooks, change);
      if (undecided.length > 0)
        throw invalid(undecided.map(({ hook, problem }) => ({ field: hook, description: problem })));
      const jobs = matched.map(({ job }) => job.name);
      if (matched.length > 0 && !quiet) onNews({ kind: "hook matched", entity, operation, jobs });
      const works = jobs.map((name) => workOf(set, name, { by: "change", change }));
      const added = await this.#accept(works);
      return { hooks: [...new Set(matched.map(({ hook }) => hook))], works: works.map(({ id }) => id), added };
    } catch (error) {
      if (!quiet) onNews({ kind: "hook failed", entity, operation, error });
      throw error;
    }
  }

  /** Accepts one job without a hook; durable when it resolves. @throws {Fault} INVALID_REQUEST for a job that is not known; LIMIT_EXCEEDED; DRAINING. */
  async enqueue({
    key,
    job: name,
    record,
    old,
  }: DirectWork): Promise<{ readonly id: string; readonly added: boolean }> {
    this.#requireOpen();
    const { set } = this.#options.hooks();
    const job = set.jobs.get(name);
    if (job === undefined) throw unknownName("job", name, set.jobs.keys());
    const change = { changeId: key, entity: job.input, operation: "create", record, old } as const;
    const work = workOf(set, name, { by: "call", change });
    return { id: work.id, added: (await this.#accept([work])) > 0 };
  }

  async #accept(works: readonly NewWork[]): Promise<number> {
    const { store, workers, requireRoom } = this.#options;
    requireRoom?.();
    for (const work of works) this.#refuseOther(work);
    const { added } = store.accept(works);
    const isNew = new Set(added);
    await workers.enqueue(works.filter(({ id }) => isNew.has(id)));
    return added.length;
  }

  /** An id is that of one change for ever: whatever else comes under it would be lost unseen. */
  #refuseOther(work: NewWork): void {
    const known = this.#options.store.get(work.id);
    if (known === undefined || isSameWork(known, work)) return;
    const { changeId } = hookPayload(work).change;
    const description = `is ${JSON.stringify(changeId)}, which was told before of another change, or with other records; each change has an id of its own`;
    throw invalid([{ field: "change_id", description }]);
  }

  /** @throws {Fault} RUN_NOT_FOUND */
  get(id: string): Work {
    const work = this.#options.store.get(id);
    if (work === undefined)
      throw new Fault(
        "RUN_NOT_FOUND",
        `There is no work ${id}, or it was completed so long ago that it was forgotten.`,
      );
    return work;
  }

  /** Dead letters that fit a query, a page at a time. */
  deadLetters(
    query: DeadLetterQuery,
    page: { readonly behind: number; readonly limit: number },
  ): PageOfWork & { readonly matched: number } {
    const { store } = this.#options;
    return { ...store.deadLetters(query, page), matched: store.countDeadLetters(query) };
  }

  /** Accepts dead letters anew, each as work of its own that is linked to it; says of each what became of it. @throws {Fault} DRAINING */
  async redrive({ query, dryRun, max, perSecond }: RedriveOrder): Promise<Redriven> {
    const { store } = this.#options;
    this.#requireOpen();
    const matched = store.countDeadLetters(query);
    const redriven: { id: string; newId: string }[] = [];
    const refused: { id: string; why: string }[] = [];
    const left = (): number => Math.min(PAGE, max - redriven.length - refused.length);
    let page = store.deadLetters(query, { behind: 0, limit: left() }).works;
    while (page.length > 0) {
      for (const { id } of page) {
        const came = dryRun ? { id, newId: "" } : await this.#redriveOne(id, perSecond);
        if ("why" in came) refused.push(came);
        else redriven.push(came);
      }
      page = left() === 0 ? [] : store.deadLetters(query, { behind: page.at(-1)?.place ?? 0, limit: left() }).works;
    }
    return { matched, redriven, refused };
  }

  async #redriveOne(
    id: string,
    perSecond: number,
  ): Promise<{ id: string; newId: string } | { id: string; why: string }> {
    const { store, workers, newId, clock, requireRoom } = this.#options;
    try {
      this.#requireOpen();
      requireRoom?.();
      const work = store.redrive(id, newId());
      if (work === undefined) return { id, why: "it was redriven or discarded meanwhile" };
      await workers.enqueue([work]);
      if (perSecond > 0) await new Promise<void>((resolve) => void clock.after(1000 / perSecond, resolve));
      return { id, newId: work.id };
    } catch (error) {
      if (error instanceof Fault) return { id, why: error.message };
      throw error;
    }
  }

  /** Gives a dead letter up. @throws {Fault} RUN_NOT_FOUND; RUN_ENDED if it is no dead letter, or was redriven. */
  discard(id: string, order: { readonly by: string; readonly reason: string }): Work {
    const work = this.get(id);
    if (this.#options.store.discard(id, order)) return this.get(id);
    const state = work.redrivenAs === undefined ? work.state : `redriven as ${work.redrivenAs}`;
    throw new Fault("RUN_ENDED", `Work ${id} is ${state}: only a dead letter that was not redriven can be discarded.`);
  }

  /** Numbers of now. */
  async numbers(): Promise<WorkNumbers> {
    const ofWorkers = await this.#ofWorkers();
    return { ...this.#options.store.stats(), ...ofWorkers };
  }

  /** Numbers of now, for who asks often. */
  async watched(): Promise<WatchedNumbers> {
    const ofWorkers = await this.#ofWorkers();
    return { ...this.#options.store.watchedStats(), ...ofWorkers };
  }

  async #ofWorkers(): Promise<WorkerNumbers> {
    const { queue, workers } = this.#options;
    const depth = await queue.depth().catch(() => undefined);
    return { workers: workers.concurrency, busy: workers.busy, queue: depth };
  }

  /** Takes in nothing more. */
  close(): void {
    this.#closed = true;
  }

  #requireOpen(): void {
    if (this.#closed) throw new Fault("DRAINING", "The server is stopping and takes in no more work; try again later.");
  }
}

function workOf(
  set: HookSet,
  name: string,
  { by, change }: { readonly by: AskedBy; readonly change: CommittedChange },
): NewWork {
  const job = set.jobs.get(name);
  if (job === undefined) throw unknownName("job", name, set.jobs.keys());
  if (!job.capabilities.has(job.effect)) {
    const text = `The job ${name} comes to ${job.effect}, which is not among its capabilities: nothing was accepted.`;
    throw new Fault("ADMISSION_REFUSED", text, { violations: [{ field: `jobs.${name}.effect`, description: text }] });
  }
  return workOfChange(job, { hooks: set.hash, by, change });
}

function unknownName(what: "entity" | "job", name: string, known: Iterable<string>): Fault {
  const description = `"${name}" is not known: the file of hooks declares ${[...known].join(", ") || "none"}`;
  return invalid([{ field: what, description }]);
}

function invalid(violations: readonly Violation[]): Fault {
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  return new Fault("INVALID_REQUEST", `The change cannot be taken: ${list}`, { violations });
}
