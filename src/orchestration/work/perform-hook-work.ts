import type { RecordSource } from "#effects";
import type { ErrorClass, ExecutionResult, HookJob, HookSet, Job } from "#model";
import { Fault } from "#model";
import type { AttemptEnd, Work } from "#model";
import { mapParameters } from "../hooks/map-parameters.ts";
import { resolveNeeds } from "../hooks/resolve-needs.ts";
import type { JobRunner } from "../job-runner.ts";
import { decideRetry } from "../run/decide-retry.ts";
import { hookPayload, workOfRecord } from "./hook-work.ts";

/** What work of hooks is done with. */
export interface HookWorkOptions {
  readonly runner: JobRunner;
  /** The file of hooks of a hash, as it was when the work was accepted; undefined = it is not known here. */
  readonly hooksOf: (hash: string) => HookSet | undefined;
  /** The application's database; absent = the configuration names none. */
  readonly source?: RecordSource;
  /** In [0, 1). */
  readonly chance: () => number;
}

/** Who asks, in the records of the jobs. */
const WORKER = "verbatim-worker";

/** Faults of this server at present, which say nothing of the work: it is tried again, and it was no attempt. */
const NOT_NOW: ReadonlySet<string> = new Set(["DRAINING", "LIMIT_EXCEEDED", "STORE_HALTED", "CANCELLED"]);

/** Does one attempt: resolves what is needed into work of its own, or has the effect performed for one record. @throws {Fault} for what is no attempt. */
export async function performHookWork(
  work: Work,
  { signal }: { readonly signal: AbortSignal },
  options: HookWorkOptions,
): Promise<AttemptEnd> {
  const { hooks, job: name, record } = hookPayload(work);
  const set = options.hooksOf(hooks);
  const job = set?.jobs.get(name);
  if (set === undefined || job === undefined)
    return dead("permanent", `the file of hooks ${hooks} with the job ${name} is not known here any more`);
  if (!job.capabilities.has(job.effect)) return dead("sandbox_violation", notDeclared(job));
  try {
    if (record === undefined) return await followed(work, job, { set, options, signal });
    return await performed(work, job, { options, signal });
  } catch (error) {
    if (!(error instanceof Fault) || NOT_NOW.has(error.code)) throw error;
    const errorClass = error.code === "SOURCE_UNAVAILABLE" ? "transient_io" : "permanent";
    return failed(work, job, { errorClass, message: error.message, chance: options.chance() });
  }
}

interface Surroundings {
  readonly options: HookWorkOptions;
  readonly signal: AbortSignal;
}

async function followed(
  work: Work,
  job: HookJob,
  { set, options: { source }, signal }: Surroundings & { readonly set: HookSet },
): Promise<AttemptEnd> {
  if (source === undefined)
    return dead("permanent", "it needs records of the application's database, and the configuration names none");
  const records = await resolveNeeds({ set, job, trigger: hookPayload(work).change.record, source }, { signal });
  return { kind: "completed", follows: records.map((record, place) => workOfRecord(work, job, { record, place })) };
}

async function performed(work: Work, job: HookJob, { options, signal }: Surroundings): Promise<AttemptEnd> {
  const { runner, chance } = options;
  const asked = jobOf(work, job);
  const submitted = await runner.submit(asked, { only: job.capabilities });
  const cut = (): void => {
    const cancellation = { cancelledBy: WORKER, reason: "the workers stopped and waited for it long enough" };
    runner.cancel(asked.jobId, cancellation).catch(() => undefined); // it has ended meanwhile
  };
  signal.addEventListener("abort", cut, { once: true });
  try {
    const result = await submitted.result;
    if (result.finalStatus === "COMPLETED") return { kind: "completed", follows: [] };
    return failed(work, job, { ...failureOf(result), chance: chance() });
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

/**
 * The job of an attempt. All of it follows from what the work was accepted with: an attempt that was begun before is found by its id,
 * and is not performed again.
 */
function jobOf(work: Work, job: HookJob): Job {
  const { change, record = change.record } = hookPayload(work);
  const parameters = mapParameters(job, { record, trigger: change.record, old: change.old });
  return {
    jobId: `${work.id}-a${work.attempts}`,
    contractId: `hook.${job.name}`,
    executedBy: WORKER,
    steps: [{ stepIndex: 0, stepType: job.effect, target: "", parameters, timeoutSeconds: job.timeoutSeconds }],
  };
}

function failureOf({ stepResults, stepsInDoubt, finalStatus, finalReason }: ExecutionResult): {
  readonly errorClass: ErrorClass;
  readonly message: string;
} {
  if (stepsInDoubt.length > 0)
    return {
      errorClass: "in_doubt",
      message: "the server died while it was performed; whether it took effect is not known",
    };
  const last = stepResults.at(-1);
  if (last?.status === "FAILED")
    return { errorClass: last.errorClass ?? "unknown", message: last.error ?? finalReason };
  return { errorClass: finalStatus === "CANCELLED" ? "cancelled" : "unknown", message: finalReason };
}

function failed(
  { attempts }: Work,
  { retry }: HookJob,
  { chance, ...error }: { readonly errorClass: ErrorClass; readonly message: string; readonly chance: number },
): AttemptEnd {
  const verdict = decideRetry(
    retry,
    { attempt: attempts - 1, errorClass: error.errorClass, exitCode: undefined, elapsedMs: 0 },
    chance,
  );
  if (verdict.retry) return { kind: "failed", error, delayMs: verdict.delayMs };
  return { kind: "dead", error: { ...error, message: `${error.message} (${verdict.why})` } };
}

function dead(errorClass: ErrorClass, message: string): AttemptEnd {
  return { kind: "dead", error: { errorClass, message } };
}

function notDeclared({ name, effect, capabilities }: HookJob): string {
  return `the job ${name} comes to ${effect}, which is not among its capabilities (${[...capabilities].join(", ") || "none"})`;
}
