import type { Cancellation, ExecutionResult } from "#model";
import { Fault } from "#model";
import type { JobRunner } from "../job-runner.ts";
import type { AskedElsewhere } from "./asked-elsewhere.ts";
import { runCall } from "./call-words.ts";

/** The runner of direct jobs of a process that shares its store with others: a job that runs in another one is cancelled there. */
export function createJobsAcross(here: JobRunner, elsewhere: AskedElsewhere): JobRunner {
  return {
    stepTypes: here.stepTypes,
    submit: async (job, options) => await here.submit(job, options),
    get: async (jobId) => await here.get(jobId),
    abandon: (jobId) => here.abandon(jobId),
    drain: async (options) => await here.drain(options),
    cancel: async (jobId, cancellation) =>
      await elsewhere.ask(
        runCall("cancel_job", jobId, cancellation),
        async () => await cancelHere(here, jobId, cancellation),
        async () => await recordedResult(here, jobId),
      ),
  };
}

/** @throws {Fault} RUN_FENCED if the job runs in another process */
async function cancelHere(here: JobRunner, jobId: string, cancellation: Cancellation): Promise<ExecutionResult> {
  try {
    return await here.cancel(jobId, cancellation);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "RUN_ENDED" || (await here.get(jobId)).status !== "RUNNING")
      throw error;
    throw new Fault("RUN_FENCED", `Job ${jobId} is run by another process, and none has answered for it: ask again.`, {
      cause: error,
    });
  }
}

async function recordedResult(here: JobRunner, jobId: string): Promise<ExecutionResult> {
  const { result } = await here.get(jobId);
  if (result === undefined)
    throw new Fault("STORE_UNAVAILABLE", `Job ${jobId} was cancelled, and its end cannot be read: ask again.`);
  return result;
}
