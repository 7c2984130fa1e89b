import type { RecordDraft } from "#evidence";
import type { ErrorClass, PlannedJob, PlannedJobStatus } from "#model";

/** What is known of one job of a run. */
export interface JobState {
  readonly job: PlannedJob;
  readonly place: number;
  readonly remaining: number;
  status: PlannedJobStatus;
  /** The last attempt that was started; -1 = none. */
  attempt: number;
  /** Jobs that it needs and that have not succeeded. */
  unmet: number;
  /** Whether somebody has approved its gate. */
  approved: boolean;
  /** Whether it is in the ready queue. */
  queued: boolean;
  /** Its first steps that have succeeded in attempts that were cut off: they are not performed again. */
  stepsDone: number;
  /** The step of its attempt that was started and has no end yet, by its index in the attempt. */
  runningStep: RunningStep | undefined;
  /** The log that its attempt has of its own, if a worker performs it. */
  logId: string | undefined;
  /** Records of the steps of its attempt. */
  stepRecords: number;
  /** The step of its attempt that has failed. */
  failedStep: { readonly errorClass: ErrorClass; readonly reason: string } | undefined;
  /** The step of its last attempt that is in doubt, or was. */
  doubtfulStep: number | undefined;
  /** Whether somebody said that it may be tried again although its gate is hard. */
  overridden: boolean;
  /** Whether its last attempt was cut off by a stop of the process, not by a failure of its own. */
  interrupted: boolean;
  /** Whether somebody said that it counts as succeeded. */
  marked: boolean;
  reason: string | undefined;
  errorClass: ErrorClass | undefined;
  firstStartedAt: string | undefined;
  startedAt: string | undefined;
  endedAt: string | undefined;
}

/** A step that was started and has no end yet. */
export interface RunningStep {
  readonly stepIndex: number;
  readonly stepType: string;
  readonly target: string;
}

/** What is known of the compensation or the probe of a job. */
export interface AuxiliaryState {
  attempt: number;
  succeeded: boolean;
  runningStep: RunningStep | undefined;
  /** The log that its attempt has of its own, if a worker performs it. */
  logId: string | undefined;
  /** Records of the steps of its attempt. */
  stepRecords: number;
}

/** The step that a record is about. */
export function stepOf({ step_index: index, step_type: type, target }: RecordDraft): RunningStep {
  return { stepIndex: index ?? 0, stepType: type ?? "", target: target ?? "" };
}

/** The log that an attempt has of its own, as the record of its start says it; undefined = it has none. */
export function logOf({ data }: RecordDraft): string | undefined {
  const logId = data?.["log"];
  return typeof logId === "string" ? logId : undefined;
}

/** A job of which no record says anything yet. */
export function newJob(job: PlannedJob, place: number, remaining: number): JobState {
  return {
    job,
    place,
    remaining,
    status: "pending",
    attempt: -1,
    unmet: job.needs.length,
    approved: false,
    queued: false,
    stepsDone: 0,
    runningStep: undefined,
    logId: undefined,
    stepRecords: 0,
    failedStep: undefined,
    doubtfulStep: undefined,
    overridden: false,
    interrupted: false,
    marked: false,
    reason: undefined,
    errorClass: undefined,
    firstStartedAt: undefined,
    startedAt: undefined,
    endedAt: undefined,
  };
}

/** A compensation or a probe of which no record says anything yet. */
export function newAuxiliary(): AuxiliaryState {
  return { attempt: -1, succeeded: false, runningStep: undefined, logId: undefined, stepRecords: 0 };
}
