import type { PlannedJobStatus, RunStatus } from "#model";
import type { GetRunResponse, Run, RunJob } from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { Gate } from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { plannedJobStatusOf, runStatusMessage, runStatusOf } from "./run-messages.ts";
import { rfc3339 } from "./wire-values.ts";

/** A job of a plan's run, as a server tells it. */
export interface ToldJob {
  readonly key: string;
  readonly needs: readonly string[];
  readonly status: PlannedJobStatus;
  /** The last attempt, 0-based; absent if none was started. */
  readonly attempt?: number;
  readonly maxAttempts: number;
  readonly gate?: "hard" | "manual";
  /** Whether its gate waits for somebody. */
  readonly gateOpen: boolean;
  /** Whether it counts as succeeded because somebody said so. */
  readonly marked: boolean;
  readonly steps: number;
  readonly reason: string;
  readonly errorClass: string;
  /** Of the last attempt, RFC 3339; empty if there is none. */
  readonly startedAt: string;
  readonly endedAt: string;
}

/** A run of a plan, as a server tells it. */
export interface ToldRun {
  readonly runId: string;
  /** The plan's name. */
  readonly name: string;
  readonly status: RunStatus;
  readonly reason: string;
  readonly planHash: string;
  readonly submittedBy: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339; empty while it has not ended. */
  readonly endedAt: string;
  readonly maxWorkers: number;
  /** In the order of the plan; none in a list of runs. */
  readonly jobs: readonly ToldJob[];
}

/** A run with the end of its log. */
export interface ToldRunWithLog {
  readonly run: ToldRun;
  /** Records in its log. */
  readonly logSize: number;
  /** Hash of the last one, base64url. */
  readonly logHead: string;
}

/** What a message tells of a run. A state that this version does not know is told as `executing`. */
export function toldRun(message: Run | undefined): ToldRun {
  const {
    runId = "",
    name = "",
    reason = "",
    planHash = "",
    submittedBy = "",
    maxWorkers = 0,
    jobs = [],
  } = message ?? {};
  return {
    runId,
    name,
    status: (message && runStatusOf(message.status)) ?? "executing",
    reason,
    planHash,
    submittedBy,
    createdAt: rfc3339(message?.createdAt),
    endedAt: rfc3339(message?.endedAt),
    maxWorkers,
    jobs: jobs.map(toldJob),
  };
}

/** The answer to GetRun. */
export function toldRunWithLog({ run, logSize, logHead }: GetRunResponse): ToldRunWithLog {
  return { run: toldRun(run), logSize: Number(logSize), logHead };
}

/** The numbers by which ListRuns is asked for states. */
export function runStatusNumbers(words: readonly RunStatus[]): ReturnType<typeof runStatusMessage>[] {
  return words.map(runStatusMessage);
}

/** The word for a gate's number; undefined for none. */
export function gateWord(gate: Gate): "hard" | "manual" | undefined {
  if (gate === Gate.HARD) return "hard";
  return gate === Gate.MANUAL ? "manual" : undefined;
}

function toldJob(job: RunJob): ToldJob {
  const { key, needs, attempt, maxAttempts, gateOpen, marked, steps, reason, errorClass } = job;
  const gate = gateWord(job.gate);
  return {
    key,
    needs,
    status: plannedJobStatusOf(job.status) ?? "pending",
    ...(attempt !== undefined && { attempt }),
    maxAttempts,
    ...(gate !== undefined && { gate }),
    gateOpen,
    marked,
    steps,
    reason,
    errorClass,
    startedAt: rfc3339(job.startedAt),
    endedAt: rfc3339(job.endedAt),
  };
}
