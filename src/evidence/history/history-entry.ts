import type { ErrorClass, Json } from "#model";
import { isBlobReference } from "../encode.ts";
import type { EvidenceRecord } from "../record.ts";

/** What steps say of what they used. */
export interface Figures {
  readonly exitCode?: number | undefined;
  readonly peakRssBytes?: number | undefined;
  readonly cpuSeconds?: number | undefined;
}

/** What the history needs of a record: nothing of it is large, and every member has the type that it should have. */
export interface HistoryEntry {
  readonly seq: number;
  readonly hash: string;
  readonly type: string;
  readonly at: string;
  readonly actor: string;
  readonly attempt: number;
  readonly key?: string | undefined;
  readonly jobId?: string | undefined;
  readonly contractId?: string | undefined;
  readonly status?: string | undefined;
  readonly errorClass?: ErrorClass | undefined;
  readonly reason?: string | undefined;
  readonly durationSeconds?: number | undefined;
  /** Of a record that opens a run. */
  readonly opens?: RunOpens | undefined;
  /** Of an attempt that a stop of its process has cut off. */
  readonly interrupted?: boolean | undefined;
  readonly delayMs?: number | undefined;
  readonly figures?: Figures | undefined;
  /** Digest of the payload that has the figures. */
  readonly figuresIn?: string | undefined;
}

/** What the first record of a run tells. */
export interface RunOpens {
  readonly kind: "plan" | "job";
  readonly name: string;
  readonly planHash: string;
  readonly jobsDeclared: number;
}

/** The entry of a record. A log may have been changed by anybody: what has another type than it should is left out. */
export function entryOf(record: EvidenceRecord): HistoryEntry {
  const { data, output } = record;
  const ends = record.event_type === "step.succeeded" || record.event_type === "step.failed";
  return {
    seq: record.seq,
    hash: text(record.hash) ?? "",
    type: text(record.event_type) ?? "",
    at: text(record.timestamp_utc) ?? "",
    actor: text(record.actor) ?? "",
    attempt: whole(record.attempt) ?? 0,
    key: text(record.job_key),
    jobId: text(record.job_id),
    contractId: text(record.contract_id),
    status: text(record.status),
    errorClass: text(record.error_class) as ErrorClass | undefined, // a word of its table, or one that a newer version knows
    reason: text(record.reason),
    durationSeconds: amount(record.duration_seconds),
    ...(record.event_type === "run.created" && { opens: opening(record) }),
    ...(data !== undefined && {
      interrupted: data["interrupted"] === true,
      delayMs: whole(data["delay_ms"]),
      ...(!ends && { figures: { exitCode: whole(data["exit_code"]) } }),
    }),
    ...(ends && (isBlobReference(output) ? { figuresIn: output.$blob } : { figures: figuresOf(output) })),
  };
}

/** What an output says of what its step used: the exit code, and the members of `resources`. */
export function figuresOf(output: Json | undefined): Figures | undefined {
  const said = members(output);
  if (said === undefined) return undefined;
  const resources = members(said["resources"]);
  const exitCode = whole(said["exit_code"]);
  if (resources === undefined && exitCode === undefined) return undefined;
  const used = { peakRssBytes: whole(resources?.["peak_rss_bytes"]), cpuSeconds: amount(resources?.["cpu_seconds"]) };
  return { exitCode, ...used };
}

function opening({ run_id: runId, job_id: jobId, job_keys: keys, plan_hash: hash, data }: EvidenceRecord): RunOpens {
  const isPlan = jobId === undefined && keys !== undefined;
  const name = isPlan ? data?.["name"] : (jobId ?? runId);
  const jobsDeclared = Array.isArray(keys) ? keys.length : 0;
  return { kind: isPlan ? "plan" : "job", name: text(name) ?? "", planHash: text(hash) ?? "", jobsDeclared };
}

function members(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined; // as was just seen
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function whole(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

function amount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
