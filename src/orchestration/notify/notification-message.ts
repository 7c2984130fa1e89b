import type { JsonObject, PlannedJobStatus } from "#model";
import type { NotificationFacts, ToldJob, ToldJobs } from "./notification-facts.ts";
import type { NotificationMessage } from "./notification-step.ts";

/** Names the form of the body; it changes when a member changes its meaning. */
export const NOTIFICATION_SCHEMA = "verbatim.notification/v1";

/** What is said of a run, for people and for programs. The same facts are the same message, byte for byte. */
export function notificationMessage(facts: NotificationFacts): NotificationMessage {
  return {
    subject: `[verbatim] ${facts.planName}: ${headline(facts)}`,
    text: mailText(facts),
    body: bodyOf(facts),
  };
}

function headline({ cause, status }: NotificationFacts): string {
  return cause === "gate" ? "waits for approval" : status.replaceAll("_", " ");
}

function mailText(facts: NotificationFacts): string {
  const { runId, planName, planHash, reason, submittedBy, createdAt, toldAt, durationSeconds } = facts;
  const rows = [
    ["Run", runId],
    ["Plan", `${planName} (${planHash})`],
    ["Status", headline(facts)],
    ["Reason", reason],
    ["Started by", submittedBy],
    ["Began", createdAt],
    [facts.cause === "gate" ? "Waits since" : "Ended", toldAt],
    ["Duration", spoken(durationSeconds)],
    ["Jobs", counted(facts)],
  ].map(([name = "", value]) => `${name.padEnd(12)} ${value}`);
  const parts = [
    rows,
    listed("Failed:", facts.failed, failedLine),
    listed("Skipped:", facts.skipped, ({ key, reason: why }) => `${key}: ${why}`),
    listed("Waiting for approval:", facts.waiting, ({ key }) => key),
    whatToDo(facts),
  ];
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n")}\n`;
}

function failedLine({ key, attempts, errorClass, status, reason }: ToldJob): string {
  const kind = status === "in_doubt" ? "in doubt" : (errorClass ?? "");
  const facts = [attempts === 1 ? "" : `${attempts} attempts`, kind].filter((text) => text !== "").join(", ");
  return `${key}${facts === "" ? "" : ` (${facts})`}: ${reason}`;
}

function listed(title: string, { told, more }: ToldJobs, line: (job: ToldJob) => string): readonly string[] {
  if (told.length === 0) return [];
  return [title, ...told.map((job) => `  ${line(job)}`), ...(more > 0 ? [`  and ${more} more`] : [])];
}

function whatToDo({ runId, cause, status, waiting }: NotificationFacts): readonly string[] {
  if (cause === "gate") {
    const key = waiting.told[0]?.key ?? "JOB";
    return [
      "Somebody other than who started the run approves or refuses, with a reason:",
      `  verbatim approve ${runId} ${key} --reason TEXT`,
      `  verbatim reject ${runId} ${key} --reason TEXT`,
    ];
  }
  if (status !== "failed") return [];
  return ["To go on where it stopped, once the cause is mended:", `  verbatim resume ${runId}`];
}

function counted({ jobs, counts }: NotificationFacts): string {
  const named = (Object.entries(counts) as readonly (readonly [PlannedJobStatus, number])[]) // its very keys
    .map(([status, count]) => `${count} ${status.replaceAll("_", " ")}`);
  return `${jobs}: ${named.join(", ")}`;
}

function spoken(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours} h ` : ""}${minutes} min ${whole % 60} s`;
}

function bodyOf(facts: NotificationFacts): JsonObject {
  const { planName, planHash, failed, skipped, waiting } = facts;
  return {
    schema: NOTIFICATION_SCHEMA,
    event: facts.cause,
    run_id: facts.runId,
    seq: facts.seq,
    plan: { name: planName, hash: planHash },
    contract_id: facts.contractId,
    status: facts.status,
    reason: facts.reason,
    submitted_by: facts.submittedBy,
    created_at: facts.createdAt,
    told_at: facts.toldAt,
    duration_seconds: facts.durationSeconds,
    jobs: facts.jobs,
    counts: facts.counts,
    failed: failed.told.map(toldJob),
    failed_more: failed.more,
    skipped: skipped.told.map(({ key, reason }) => ({ key, reason })),
    skipped_more: skipped.more,
    waiting: waiting.told.map(({ key }) => key),
    waiting_more: waiting.more,
  };
}

function toldJob({ key, status, attempts, errorClass, reason }: ToldJob): JsonObject {
  return { key, status, attempts, ...(errorClass !== undefined && { error_class: errorClass }), reason };
}
