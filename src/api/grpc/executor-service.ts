import type { EvidenceStore } from "#evidence";
import type { ExecutionResult, Job } from "#model";
import { assert, LIMITS } from "#model";
import type { JobRunner, SubmittedJob } from "#orchestration";
import type {
  ExecuteJobRequest,
  ExecuteJobResponse,
  ExecuteJobStreamResponse,
  StepEvent,
  StepType,
} from "../gen/verbatim/executor/v1/executor_pb.ts";
import { JobExecutorService, JobStatus, OnDisconnect } from "../gen/verbatim/executor/v1/executor_pb.ts";
import type { CallContext } from "./call-context.ts";
import { idViolations, invalidRequest, refuseIfAny, sequenceNumber, textViolations } from "./checks.ts";
import { BATCH_CHARACTERS, batches, endEvent, eventOf } from "./event-messages.ts";
import { jobOf } from "./job-messages.ts";
import { fittingResultMessage } from "./result-messages.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";
import { wholeTail } from "./whole-tail.ts";
import type { Tail } from "./whole-tail.ts";

/** What the service speaks for. */
export interface ExecutorServiceOptions {
  readonly runner: JobRunner;
  readonly store: EvidenceStore;
}

/** `verbatim.executor.v1.JobExecutorService`: words to commands, records to messages. It decides nothing. */
export function executorService({ runner, store }: ExecutorServiceOptions): MountedService {
  const stepTypes = stepTypeMessages(runner);

  return mount(
    JobExecutorService,
    {
      executeJob(request, context) {
        return executeJobResponse(begin(request, { runner, context }));
      },

      executeJobStream({ job: request }, context) {
        const stream = begin(request, { runner, context }).then(forStream);
        stream.catch(ignore); // a caller who is gone before his stream is read leaves nobody to tell
        return executeJobStreamResponses(stream, { store, signal: context.signal });
      },

      async *watchJob({ jobId, afterSeq }, { signal }) {
        refuseIfAny(idViolations("job_id", jobId));
        const tail = { store, runId: jobId, afterSeq: sequenceNumber(afterSeq), signal };
        for await (const events of eventsOf(tail, () => resultOfEnded(runner, jobId))) {
          yield { $typeName: "verbatim.executor.v1.WatchJobResponse", events };
        }
      },

      async getJob({ jobId }) {
        refuseIfAny(idViolations("job_id", jobId));
        const view = await runner.get(jobId);
        return {
          $typeName: "verbatim.executor.v1.GetJobResponse",
          jobId: view.jobId,
          status: JobStatus[view.status],
          result: view.result && fittingResultMessage(view.result),
          logSize: BigInt(view.logSize),
          logHead: view.logHead,
        };
      },

      async cancelJob({ jobId, cancelledBy, reason }) {
        refuseIfAny([
          ...idViolations("job_id", jobId),
          ...textViolations("cancelled_by", cancelledBy, LIMITS.idCharacters),
          ...textViolations("reason", reason, LIMITS.targetCharacters),
        ]);
        const result = await runner.cancel(jobId, { cancelledBy, reason });
        return { $typeName: "verbatim.executor.v1.CancelJobResponse", result: fittingResultMessage(result) };
      },

      listStepTypes() {
        return Promise.resolve({ $typeName: "verbatim.executor.v1.ListStepTypesResponse", stepTypes });
      },
    },
    { executeJob: LIMITS.requestBytes, executeJobStream: LIMITS.requestBytes },
  );
}

interface Begun {
  readonly submitted: SubmittedJob;
  readonly stopWatching: () => void;
}

/**
 * Has the job of a request accepted. What waits for its end afterwards does not hold the request: that can be a
 * hundred times larger in memory than on the wire, and a stream can wait long for its reader.
 */
async function begin(
  request: ExecuteJobRequest | undefined,
  { runner, context }: { readonly runner: JobRunner; readonly context: CallContext },
): Promise<Begun> {
  if (request === undefined) throw invalidRequest([{ field: "job", description: "is missing; give the job to run" }]);
  const job = askedJob(request);
  const submitted = await runner.submit(job);
  const cancels = request.onDisconnect === OnDisconnect.CANCEL && !submitted.attached;
  const { executedBy } = job;
  const stopWatching = cancels ? cancelOnDisconnect(submitted.jobId, { executedBy, runner, context }) : ignore;
  return { submitted, stopWatching };
}

async function executeJobResponse(begun: Promise<Begun>): Promise<ExecuteJobResponse> {
  const { submitted, stopWatching } = await begun;
  const result = await submitted.result.finally(stopWatching);
  return {
    $typeName: "verbatim.executor.v1.ExecuteJobResponse",
    result: fittingResultMessage(result),
    attached: submitted.attached,
  };
}

async function* executeJobStreamResponses(
  begun: Promise<StreamBegun>,
  { store, signal }: { readonly store: EvidenceStore; readonly signal: AbortSignal },
): AsyncGenerator<ExecuteJobStreamResponse, void, void> {
  const { runId, end, stopWatching } = await begun;
  try {
    for await (const events of eventsOf({ store, runId, afterSeq: -1, signal }, () => end)) {
      yield { $typeName: "verbatim.executor.v1.ExecuteJobStreamResponse", events };
    }
  } finally {
    stopWatching();
  }
}

/** What a stream holds of its job. */
interface StreamBegun {
  readonly runId: string;
  /** Without the lists, which are told one by one. */
  readonly end: Promise<ExecutionResult>;
  readonly stopWatching: () => void;
}

function forStream({ submitted, stopWatching }: Begun): StreamBegun {
  const end = submitted.result.then((result): ExecutionResult => ({ ...result, stepResults: [], stepsNotRun: [] }));
  end.catch(ignore); // whoever reads the stream is told by the stream
  return { runId: submitted.runId, end, stopWatching };
}

/** The events of a run as they become durable; whatever came while the last ones were on their way comes together. */
async function* eventsOf(tail: Tail, ended: () => Promise<ExecutionResult>): AsyncGenerator<StepEvent[], void, void> {
  for await (const records of wholeTail(tail)) {
    for (const batch of batches(records, BATCH_CHARACTERS)) {
      const events: StepEvent[] = [];
      for (const { record } of batch) {
        const event = record.event_type === "run.completed" ? endEvent(record, await ended()) : eventOf(record);
        if (event !== undefined) events.push(event);
      }
      if (events.length > 0) yield events;
    }
  }
}

async function resultOfEnded(runner: JobRunner, jobId: string): Promise<ExecutionResult> {
  const { result } = await runner.get(jobId);
  assert(result !== undefined, "a job whose log has ended has a result");
  return result;
}

interface DisconnectWatch {
  readonly executedBy: string;
  readonly runner: JobRunner;
  readonly context: CallContext;
}

/** Cancels the job when the caller who started it goes away. Returns what stops the watching. */
function cancelOnDisconnect(jobId: string, { executedBy, runner, context }: DisconnectWatch): () => void {
  const { signal } = context;
  const cancel = (): void => {
    const cancellation = { cancelledBy: executedBy, reason: "client disconnected" };
    runner.cancel(jobId, cancellation).catch(ignore); // it ended by itself, or the store tells why not
  };
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}

function ignore(): void {
  // nothing is left to be done
}

const ON_DISCONNECT: ReadonlySet<number> = new Set(Object.values(OnDisconnect));

/** The job that the request asks for. Its form is checked by the runner, for every way into the house. */
function askedJob(request: ExecuteJobRequest): Job {
  if (!ON_DISCONNECT.has(request.onDisconnect)) {
    const description = `is ${request.onDisconnect}; expected a value of OnDisconnect`;
    throw invalidRequest([{ field: "on_disconnect", description }]);
  }
  return jobOf(request);
}

function stepTypeMessages(runner: JobRunner): StepType[] {
  return runner.stepTypes.map(({ name, parametersSchema }) => ({
    $typeName: "verbatim.executor.v1.StepType",
    name,
    parametersSchema: JSON.stringify(parametersSchema),
  }));
}
