import type { VerbatimClient } from "#api";
import type { EvidenceRecord } from "#evidence";
import type { Json } from "#model";
import { Fault } from "#model";
import { recordsOf } from "../recorded-run.ts";
import type { StepView } from "../views/run-view.ts";

/** A step of an attempt, with what it has put out. */
export interface AttemptStep extends StepView {
  /** What it has put out, or the reference to it; absent if nothing is recorded. */
  readonly output?: Json;
}

/** One attempt at a job of a run, as its log tells it. */
export interface RecordedAttempt {
  readonly runId: string;
  /** A job's key, `KEY:compensate` or `KEY:probe`. */
  readonly jobKey: string;
  /** 0-based. */
  readonly attempt: number;
  /** `COMPLETED`, `FAILED`, `CANCELLED`, or `RUNNING` while its end is not recorded. */
  readonly status: string;
  readonly reason: string;
  readonly startedAt: string;
  readonly steps: readonly AttemptStep[];
}

/** Which attempt to look for. */
export interface AttemptAsked {
  readonly runId: string;
  readonly jobKey: string;
  /** 0-based; undefined = the last. */
  readonly attempt: number | undefined;
}

interface Found {
  attempt: number;
  status: string;
  reason: string;
  startedAt: string;
  steps: Map<number, AttemptStep>;
}

/** Reads an attempt from the log of its run. @throws {Fault} RUN_NOT_FOUND; INVALID_REQUEST if there is no such attempt. */
export async function recordedAttempt(
  client: VerbatimClient,
  { runId, jobKey, attempt }: AttemptAsked,
): Promise<RecordedAttempt> {
  let found: Found | undefined;
  let started = 0;
  for await (const record of recordsOf(client, runId)) {
    if (record.job_key !== jobKey) continue;
    if (record.event_type === "job.started") {
      started += 1;
      if (attempt === undefined || record.attempt === attempt) found = begun(record);
    }
    if (found !== undefined && record.attempt === found.attempt) take(record, found);
  }
  if (found === undefined) throw noAttempt({ runId, jobKey, attempt }, started);
  return { ...found, runId, jobKey, steps: [...found.steps.values()] };
}

function begun({ attempt, timestamp_utc: startedAt }: EvidenceRecord): Found {
  return { attempt, status: "RUNNING", reason: "", startedAt, steps: new Map() };
}

function take(record: EvidenceRecord, found: Found): void {
  const { event_type: event, step_index: stepIndex = 0, step_type: stepType = "", target = "", reason } = record;
  const step = { stepIndex, stepType, target };
  switch (event) {
    case "step.started":
      found.steps.set(stepIndex, { ...step, word: "running" });
      return;
    case "step.succeeded":
    case "step.failed":
      found.steps.set(stepIndex, {
        ...step,
        word: event === "step.failed" ? "failed" : "completed",
        ...(record.duration_seconds !== undefined && { durationSeconds: record.duration_seconds }),
        ...(event === "step.failed" && reason !== undefined && { error: reason }),
        ...(record.output !== undefined && { output: record.output }),
      });
      return;
    case "step.in_doubt":
      found.steps.set(stepIndex, { ...step, word: "in doubt" });
      return;
    case "job.succeeded":
    case "job.failed":
      found.status = record.status ?? "";
      found.reason = reason ?? "";
      return;
    default:
  }
}

function noAttempt({ runId, jobKey, attempt }: AttemptAsked, started: number): Fault {
  const seen =
    started === 0 ? "none was started" : `${started} ${started === 1 ? "was" : "were"} started, the first is 0`;
  const what = attempt === undefined ? "attempt" : `attempt ${attempt}`;
  return new Fault("INVALID_REQUEST", `Job ${jobKey} of run ${runId} has no ${what}: ${seen}.`);
}
