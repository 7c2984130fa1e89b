import type { EvidenceStore, RecordDraft } from "#evidence";
import { isBlobReference } from "#evidence";
import type { Execution } from "#executor";
import type {
  ErrorClass,
  ExecutionResult,
  Job,
  Json,
  JsonObject,
  Plan,
  PlannedStep,
  Recovery,
  StepResult,
} from "#model";
import { Fault } from "#model";
import { perform } from "#worker";
import { ARTIFACT_STEP } from "../plan/compile-plan.ts";
import type { AttemptNames } from "./run-records.ts";

/** What an attempt is made with. */
export interface AttemptOptions {
  readonly names: AttemptNames;
  readonly contractId: string;
  readonly executedBy: string;
  readonly steps: readonly PlannedStep[];
  readonly timeoutSeconds?: number | undefined;
  /** What the plan declares for a step of it in doubt. */
  readonly recovery?: Recovery | undefined;
  /** Has the job performed: by the executor of this process, or by a worker. @throws {Fault} ADMISSION_REFUSED, INVALID_REQUEST */
  readonly performer: (job: Job) => Execution;
  /** Stores records of the attempt; resolves when they are durable. */
  readonly write: (drafts: readonly RecordDraft[]) => Promise<void>;
}

/** What an attempt has come to; its last records are not written yet. */
export interface EndedAttempt {
  readonly result: ExecutionResult;
  readonly unwritten: readonly RecordDraft[];
  /** Whether its worker has cut it off: it has not failed. */
  readonly interrupted?: boolean;
}

/**
 * One attempt at a job: one call of the executor, under a job id of its own. The executor learns neither of the plan nor of
 * other attempts: what its records say of them is added here.
 * @throws {Fault} if a record could not be stored; ADMISSION_REFUSED, INVALID_REQUEST if it may not run.
 */
export async function performAttempt(options: AttemptOptions): Promise<EndedAttempt> {
  const { names, contractId, executedBy, steps, timeoutSeconds, recovery, performer, write } = options;
  const job: Job = {
    jobId: names.jobId,
    contractId,
    executedBy,
    steps: steps.map((step, stepIndex) => ({ stepIndex, ...step })),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
  const named = (drafts: readonly RecordDraft[]): readonly RecordDraft[] =>
    drafts.map((draft) => ({
      ...draft,
      attempt: names.attempt,
      job_key: names.recordKey,
      ...(draft.event_type === "step.in_doubt" && recovery !== undefined && { recovery }),
    }));
  const { result, unwritten } = await perform(performer(job), (drafts) => write(named(drafts)), []);
  return { result, unwritten: named(unwritten) };
}

/** The kind of an attempt's failure. */
export function failureClass({ finalStatus, finalReason, stepResults, stepsInDoubt }: ExecutionResult): ErrorClass {
  if (stepsInDoubt.length > 0) return "in_doubt";
  if (finalStatus === "CANCELLED") return "cancelled";
  const last = stepResults.at(-1);
  if (last?.errorClass !== undefined) return last.errorClass;
  return finalReason.includes("timed out") ? "timeout" : "unknown";
}

/** The exit code of the command that failed, if it was one that exited. */
export async function exitCodeOf({ stepResults }: ExecutionResult, store: EvidenceStore): Promise<number | undefined> {
  const last = stepResults.at(-1);
  if (last?.status !== "FAILED") return undefined;
  const code = (await wholeOutput(last, store))?.["exit_code"];
  return typeof code === "number" ? code : undefined;
}

/** One file whose digest a job has taken. */
export interface Artifact extends JsonObject {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** The files whose digests the job has taken, in the order in which it told them. */
export async function artifactsOf(
  { stepResults }: ExecutionResult,
  store: EvidenceStore,
): Promise<readonly Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const step of stepResults) {
    if (step.stepType !== ARTIFACT_STEP || step.status !== "COMPLETED") continue;
    const listed = (await wholeOutput(step, store))?.["artifacts"];
    if (Array.isArray(listed)) artifacts.push(...(listed as readonly Artifact[])); // written by artifact.collect
  }
  return artifacts;
}

async function wholeOutput({ output }: StepResult, store: EvidenceStore): Promise<JsonObject | undefined> {
  const whole = isBlobReference(output) ? await blobJson(output.$blob, store) : output;
  return typeof whole === "object" && whole !== null && !Array.isArray(whole) ? (whole as JsonObject) : undefined; // an object that is no list
}

/** A payload that lies beside the log. @throws {Fault} EVIDENCE_BROKEN if it is missing. */
export async function blobJson(digest: string, store: EvidenceStore): Promise<Json> {
  const bytes = await store.getBlob(digest);
  if (bytes === undefined) throw new Fault("EVIDENCE_BROKEN", `The payload ${digest} is missing beside the log.`);
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Json; // JSON.parse gives JSON
}

/** Whether governance or a step type has refused the attempt. */
export function isRefusal(error: unknown): error is Fault {
  return error instanceof Fault && (error.code === "ADMISSION_REFUSED" || error.code === "INVALID_REQUEST");
}

/** An attempt that was not admitted: it has performed nothing. */
export function refusedAttempt(
  fault: Fault,
  { jobId }: AttemptNames,
  { plan, submittedBy, at }: { readonly plan: Plan; readonly submittedBy: string; readonly at: string },
): EndedAttempt {
  const result: ExecutionResult = {
    jobId,
    contractId: plan.contractId,
    executedBy: submittedBy,
    finalStatus: "FAILED",
    finalReason: fault.message,
    stepsDeclared: 0,
    stepsExecuted: 0,
    stepsSucceeded: 0,
    stepsFailed: 0,
    stepResults: [],
    stepsNotRun: [],
    stepsInDoubt: [],
    startedAt: at,
    completedAt: at,
    durationSeconds: 0,
    executorVersion: "",
  };
  return { result, unwritten: [] };
}
