import type { ToldStats, ToldWork } from "#api";
import type { JsonObject } from "#model";
import { safeText } from "../text/safe-text.ts";
import { tableText } from "../text/table.ts";

interface Place {
  readonly columns: number;
}

/** Numbers of now, then a line for each capability. */
export function statsText(stats: ToldStats, { columns }: Place): string {
  const { workerCount, workersBusy, queueDepth, pending, running, failed, dead, oldestAgeSeconds } = stats;
  const queue = stats.queueAvailable
    ? ""
    : "the queue does not answer: work is accepted, and done once it answers again\n";
  const now = [
    `workers      ${workersBusy} of ${workerCount} at work`,
    `waiting      ${queueDepth}  (${pending} new, ${failed} to be tried again)`,
    `running      ${running}`,
    `dead         ${dead}`,
    `oldest open  ${oldestAgeSeconds === 0 ? "none" : `${oldestAgeSeconds.toFixed(1)} s`}`,
  ].join("\n");
  if (stats.capabilities.length === 0) return `${queue}${now}\n`;
  const rows = stats.capabilities.map((one) => [
    one.capability,
    String(one.enqueued),
    String(one.completed),
    String(one.failed),
    String(one.retried),
    String(one.dead),
  ]);
  return `${queue}${now}\n\n${tableText(["CAPABILITY", "ENQUEUED", "COMPLETED", "FAILED", "RETRIED", "DEAD"], rows, columns)}`;
}

/** One piece of work and each attempt that failed. */
export function workText(work: ToldWork): string {
  const lines = [
    `${work.id}  ${work.state}`,
    `  job         ${work.job} (${work.capability})`,
    `  accepted    ${work.createdAt}`,
    ...(work.dueAt === "" ? [] : [`  due         ${work.dueAt}`]),
    ...(work.endedAt === "" ? [] : [`  ended       ${work.endedAt}`]),
    `  attempts    ${work.attempts}`,
    ...work.errors.map(
      ({ attempt, at, errorClass, message }) => `  failed ${attempt}    ${at}  ${errorClass}  ${safeText(message)}`,
    ),
    ...(work.redrives === "" ? [] : [`  redoes      ${work.redrives}`]),
    ...(work.redrivenAs === "" ? [] : [`  redone as   ${work.redrivenAs}`]),
    ...(work.discardedBy === ""
      ? []
      : [`  discarded   by ${safeText(work.discardedBy)}: ${safeText(work.discardedReason)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** A line for each dead letter. */
export function deadLettersText(letters: readonly ToldWork[], matched: number, { columns }: Place): string {
  if (letters.length === 0) return "No dead letters.\n";
  const rows = letters.map(({ id, job, endedAt, attempts, errors }) => {
    const last = errors.at(-1);
    return [id, job, endedAt, String(attempts), last?.errorClass ?? "", safeText(last?.message ?? "")];
  });
  const more = matched > letters.length ? `... and ${matched - letters.length} more; --limit lists more\n` : "";
  return `${tableText(["ID", "JOB", "DEAD SINCE", "ATTEMPTS", "KIND", "LAST ERROR"], rows, columns)}${more}`;
}

interface ToldRedriven {
  readonly matched: number;
  readonly redriven: readonly { readonly work_id: string; readonly new_work_id: string }[];
  readonly refused: readonly { readonly work_id: string; readonly reason: string }[];
  readonly dryRun: boolean;
}

/** What became of each, and how many fitted. */
export function redrivenText({ matched, redriven, refused, dryRun }: ToldRedriven): string {
  const done = redriven.map(({ work_id: id, new_work_id: newId }) => (dryRun ? `  ${id}\n` : `  ${id} -> ${newId}\n`));
  const not = refused.map(({ work_id: id, reason }) => `  ${id} not: ${safeText(reason)}\n`);
  const verb = dryRun ? "would be redriven" : "redriven";
  return `${redriven.length} of ${matched} ${verb}${refused.length > 0 ? `, ${refused.length} refused` : ""}\n${done.join("")}${not.join("")}`;
}

/** Numbers for programs. */
export function statsJson({ totals, capabilities, ...now }: ToldStats): JsonObject {
  return {
    worker_count: now.workerCount,
    workers_busy: now.workersBusy,
    queue_available: now.queueAvailable,
    queue_depth: now.queueDepth,
    pending: now.pending,
    running: now.running,
    failed: now.failed,
    dead: now.dead,
    oldest_age_seconds: now.oldestAgeSeconds,
    total_enqueued: totals?.enqueued ?? 0,
    total_completed: totals?.completed ?? 0,
    total_failed: totals?.failed ?? 0,
    total_retried: totals?.retried ?? 0,
    total_dead: totals?.dead ?? 0,
    capabilities: capabilities.map((one) => ({ ...one })),
  };
}

/** A piece of work for programs. */
export function workJson(work: ToldWork): JsonObject {
  return {
    id: work.id,
    job: work.job,
    capability: work.capability,
    state: work.state,
    attempts: work.attempts,
    created_at: work.createdAt,
    ...(work.dueAt !== "" && { due_at: work.dueAt }),
    ...(work.endedAt !== "" && { ended_at: work.endedAt }),
    errors: work.errors.map(({ attempt, at, errorClass, message }) => ({
      attempt,
      at,
      error_class: errorClass,
      message,
    })),
    payload: work.payload,
    ...(work.redrives !== "" && { redrives: work.redrives }),
    ...(work.redrivenAs !== "" && { redriven_as: work.redrivenAs }),
    ...(work.discardedBy !== "" && { discarded_by: work.discardedBy, discarded_reason: work.discardedReason }),
  };
}
