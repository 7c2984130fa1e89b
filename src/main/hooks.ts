import { hash, randomUUIDv7 } from "node:crypto";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { HooksPart } from "#api";
import { createPostgresOutbox, createPostgresSource, createSqliteOutbox, createSqliteSource } from "#effects";
import type { Outbox, RecordSource } from "#effects";
import { Fault } from "#model";
import { OutboxRelay, performHookWork, WorkDesk, Workers } from "#orchestration";
import type { DiskGuard, JobRunner, RelayNews, WorkNews } from "#orchestration";
import { createMemoryQueue, createSqliteQueue, openPostgresQueue, openRedisQueue, WorkStore } from "#queue";
import type { JobQueue } from "#queue";
import { HookFile } from "./hook-file.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { addressOf } from "./reference.ts";
import { systemClock } from "./system-clock.ts";

/** What hooks stand on. */
export interface HookParts {
  readonly runner: JobRunner;
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
  readonly disk: DiskGuard | undefined;
}

/** Hooks, their work and their workers. */
export interface RunningHooks {
  readonly part: HooksPart;
  /** Begins to do work. */
  start(): void;
  /** Takes in nothing more, and waits for what is being done. */
  drain(options: { readonly graceMs: number }): Promise<void>;
}

const PRUNE_MS = 60_000;
/** While there is more to forget than was at once. */
const PRUNE_MORE_MS = 50;
const PRUNED_AT_ONCE = 1000;
const QUEUE_NAME_DIGITS = 16;
const DAY_MS = 86_400_000;

/** Opens what a configuration with hooks needs; undefined = it has none. @throws {Fault} INVALID_CONFIGURATION */
export async function openHooks(
  configuration: LoadedConfiguration,
  { runner, resources, log, disk }: HookParts,
): Promise<RunningHooks | undefined> {
  const { hooks, jobs, state, base, governance, store: kind } = configuration;
  if (hooks === undefined) return undefined;
  if (governance === "required") throw ungoverned();
  const path = kind === "memory" ? ":memory:" : join(state, "work.db");
  const store = new WorkStore({ path, clock: systemClock, capacity: jobs.capacity });
  resources.defer(() => store.close());
  const queue = await openQueue(configuration);
  resources.defer(() => queue.close());
  const stepTypes = runner.stepTypes.map(({ name }) => name);
  const file = await HookFile.load({ path: resolve(base, hooks.file), stepTypes, store, log });
  resources.defer(() => file.close());
  const source = openSource(configuration, resources);
  const onNews = (news: WorkNews): void => tell(news, log);
  const options = { runner, hooksOf: file.hooksOf, chance: Math.random, source };
  const workers = new Workers({
    store,
    queue,
    clock: systemClock,
    concurrency: jobs.concurrency,
    leaseMs: jobs.lease_seconds * 1000,
    perform: (work, { signal }) => performHookWork(work, { signal }, options),
    onNews,
  });
  const desk = new WorkDesk({
    store,
    queue,
    workers,
    clock: systemClock,
    hooks: file.inForce,
    newId: newWorkId,
    onNews,
    ...(disk !== undefined && { requireRoom: () => disk.requireRoom() }),
  });
  const outbox = openOutbox(configuration, resources);
  const relay = outbox && relayOf(outbox, { desk, configuration, log });
  let disarmPrune: (() => void) | undefined;
  const prune = (): void => {
    const pruned = prunedNow(store, { keepDays: jobs.keep_days, log });
    disarmPrune = systemClock.after(pruned < PRUNED_AT_ONCE ? PRUNE_MS : PRUNE_MORE_MS, prune);
  };
  return {
    part: { desk, loaded: file.loaded },
    start() {
      workers.start();
      relay?.start();
      file.watch(hooks.reload_seconds);
      prune();
    },
    async drain({ graceMs }) {
      const drained = workers.drain({ graceMs });
      await relay?.close();
      desk.close();
      file.close();
      disarmPrune?.();
      await drained;
    },
  };
}

/** Each state directory has work of its own: a queue that two of them shared would hand each the ids of the other. */
function queueName(state: string): string {
  return `work-${hash("sha256", `${hostname()}:${state}`).slice(0, QUEUE_NAME_DIGITS)}`;
}

function prunedNow(store: WorkStore, { keepDays, log }: { readonly keepDays: number; readonly log: EventLog }): number {
  try {
    const endedBeforeMs = Date.parse(systemClock.now()) - keepDays * DAY_MS;
    return store.prune({ endedBeforeMs, limit: PRUNED_AT_ONCE });
  } catch (error) {
    log("internal.error", { method: "prune", error: textOf(error) }); // later again
    return 0;
  }
}

function newWorkId(): string {
  return `work-${randomUUIDv7()}`;
}

function ungoverned(): Fault {
  const description =
    "with `governance: required` nothing runs but the jobs of contracts, and the jobs of hooks are none";
  return new Fault("INVALID_CONFIGURATION", `Hooks cannot be carried out: ${description}.`, {
    violations: [{ field: "hooks", description }],
  });
}

const NO_SOURCE: RecordSource = {
  async readRecords() {
    const text = "It needs records of the application's database, and the configuration names none: add hooks.source.";
    throw new Fault("NOT_CONFIGURED", text);
  },
  close: async () => undefined,
};

async function openQueue({ jobs, state, base, store }: LoadedConfiguration): Promise<JobQueue> {
  const common = { clock: systemClock, capacity: jobs.capacity, stalledAfterMs: jobs.lease_seconds * 1000 };
  if (jobs.backend === "memory" || store === "memory") return createMemoryQueue(common);
  if (jobs.url === undefined) return createSqliteQueue({ ...common, file: join(state, "queue.db") });
  const url = addressOf(jobs.url, { field: "jobs.url", base });
  const queue = queueName(state);
  if (jobs.backend === "redis") return await openRedisQueue({ ...common, url, queue, newToken: randomUUIDv7 });
  return await openPostgresQueue({ ...common, url, queue });
}

function openSource({ hooks, base }: LoadedConfiguration, resources: AsyncDisposableStack): RecordSource {
  if (hooks?.source === undefined) return NO_SOURCE;
  const source =
    "sqlite" in hooks.source
      ? createSqliteSource({ file: resolve(base, hooks.source.sqlite) })
      : createPostgresSource({
          connectionString: addressOf(hooks.source.postgres, { field: "hooks.source.postgres", base }),
        });
  resources.defer(() => source.close());
  return source;
}

function openOutbox({ hooks, base }: LoadedConfiguration, resources: AsyncDisposableStack): Outbox | undefined {
  if (hooks?.source === undefined || !hooks.outbox) return undefined;
  const clock = systemClock;
  const outbox =
    "sqlite" in hooks.source
      ? createSqliteOutbox({ file: resolve(base, hooks.source.sqlite), clock })
      : createPostgresOutbox({
          connectionString: addressOf(hooks.source.postgres, { field: "hooks.source.postgres", base }),
          clock,
        });
  resources.defer(() => outbox.close());
  return outbox;
}

function relayOf(
  outbox: Outbox,
  {
    desk,
    configuration,
    log,
  }: { readonly desk: WorkDesk; readonly configuration: LoadedConfiguration; readonly log: EventLog },
): OutboxRelay {
  const pollMs = 1000 * (configuration.hooks?.outbox_seconds ?? 1);
  const onNews = (news: RelayNews): void => {
    if (news.kind === "waits") log("outbox.waits", { error: textOf(news.error) });
    else log("outbox.set_aside", { place: news.place, problem: news.problem });
  };
  return new OutboxRelay({ outbox, desk, clock: systemClock, pollMs, onNews });
}

function tell(news: WorkNews, log: EventLog): void {
  switch (news.kind) {
    case "hook matched":
      return log("hook.matched", { entity: news.entity, operation: news.operation, timing: "after", jobs: news.jobs });
    case "hook failed":
      return log("hook.enqueue_failed", { entity: news.entity, operation: news.operation, error: textOf(news.error) });
    case "enqueued":
      return log("job.enqueued", { job_id: news.id, name: news.name, capability: news.capability });
    case "completed":
      return log("job.completed", {
        job_id: news.id,
        name: news.name,
        capability: news.capability,
        duration_ms: Math.round(news.durationMs),
      });
    case "failed":
    case "dead":
    case "sandbox violation":
      return tellFailure(news, log);
    case "put back":
      return log("job.put_back", { job_id: news.id, error: textOf(news.error) });
    case "queue unavailable":
      return log("queue.unavailable", { error: textOf(news.error) });
    case "started":
      return log("executor.started", { workers: news.workers });
    case "stopped":
      return log("executor.stopped", { workers: news.workers });
  }
}

type Failure = Extract<WorkNews, { readonly kind: "failed" | "dead" | "sandbox violation" }>;

function tellFailure({ kind, id, name, capability, attempt, error, ms }: Failure, log: EventLog): void {
  const facts = { job_id: id, name, capability };
  if (kind === "sandbox violation")
    return log("job.sandbox_violation", { ...facts, attempted: capability, error: error.message });
  if (kind === "failed")
    return log("job.failed", {
      ...facts,
      attempt,
      error_class: error.errorClass,
      error: error.message,
      next_in_ms: ms,
    });
  log("job.dead_letter", {
    ...facts,
    attempts: attempt,
    error_class: error.errorClass,
    last_error: error.message,
    total_duration_ms: ms,
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
