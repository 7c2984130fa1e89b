import type { EvidenceStore } from "#evidence";
import type { ExecutionResult, Job } from "#model";
import { assert, LIMITS } from "#model";
import type { JobRunner, SubmittedJob } from "#orchestration";
import type {
  ExecuteJobRequest,
  ExecuteJobResponse,
  ExecuteJobStreamResponse,
  ExecutionResult as ResultMessage,
  StepEvent,
  StepType,
} from "../gen/verbatim/executor/v1/executor_pb.ts";
import { JobExecutorService, JobStatus, OnDisconnect } from "../gen/verbatim/executor/v1/executor_pb.ts";
import type { CallShares } from "./call-budgets.ts";
import { wholeLogMayBeRead } from "./call-budgets.ts";
import type { CallContext } from "./call-context.ts";
import { idViolations, invalidRequest, refuseIfAny, sequenceNumber, textViolations } from "./checks.ts";
import { BATCH_CHARACTERS, batches, endEvent, eventOf, sharedEvents } from "./event-messages.ts";
import { jobOf } from "./job-messages.ts";
import { fittingResultMessage, resultBytes } from "./result-messages.ts";
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
      // Not async, and one after the other: so the call holds no request, and nothing of what an earlier part has held.
      executeJob(request, context) {
        const { shares } = context;
        return begin(request, { runner, context })
          .then((begun) => endOf(begun, shares))
          .then((end) => executeJobResponse(end, { runner, shares }));
      },

      executeJobStream({ job: request }, context) {
        const stream = begin(request, { runner, context }).then((begun) => forStream(begun, { runner, context }));
        stream.catch(ignore); // a caller who is gone before his stream is read leaves nobody to tell
        const { signal, shares } = context;
        return executeJobStreamResponses(stream, { store, signal, shares });
      },

      async *watchJob({ jobId, afterSeq }, { signal, shares }) {
        refuseIfAny(idViolations("job_id", jobId));
        const tail = { store, runId: jobId, afterSeq: sequenceNumber(afterSeq), signal, shares };
        for await (const events of eventsOf(tail, () => resultOfEnded(runner, { jobId, shares }))) {
          yield { $typeName: "verbatim.executor.v1.WatchJobResponse", events };
        }
      },

      async getJob({ jobId }, { shares }) {
        refuseIfAny(idViolations("job_id", jobId));
        if ((await store.head(jobId))?.completed === true) await wholeLogMayBeRead(shares);
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

      async cancelJob({ jobId, cancelledBy, reason }, { shares }) {
        refuseIfAny([
          ...idViolations("job_id", jobId),
          ...textViolations("cancelled_by", cancelledBy, LIMITS.idCharacters),
          ...textViolations("reason", reason, LIMITS.targetCharacters),
        ]);
        const { message } = await runner
          .cancel(jobId, { cancelledBy, reason })
          .then((ended) => messageIfRoom(ended, shares));
        const result = message ?? (await recordedMessage(runner, { jobId, shares }));
        return { $typeName: "verbatim.executor.v1.CancelJobResponse", result };
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

interface UnaryEnd {
  readonly jobId: string;
  readonly attached: boolean;
  /** Absent if there was no room for it. */
  readonly message?: ResultMessage;
}

async function endOf({ submitted, stopWatching }: Begun, shares: CallShares): Promise<UnaryEnd> {
  const { jobId, attached } = submitted;
  if (submitted.ended) return { jobId, attached };
  const result = await submitted.result.finally(stopWatching);
  return { jobId, attached, ...messageIfRoom(result, shares) };
}

async function executeJobResponse(
  { jobId, attached, message }: UnaryEnd,
  { runner, shares }: { readonly runner: JobRunner; readonly shares: CallShares },
): Promise<ExecuteJobResponse> {
  const result = message ?? (await recordedMessage(runner, { jobId, shares }));
  return { $typeName: "verbatim.executor.v1.ExecuteJobResponse", result, attached };
}

async function* executeJobStreamResponses(
  begun: Promise<StreamBegun>,
  { store, signal, shares }: Omit<Tail, "runId" | "afterSeq">,
): AsyncGenerator<ExecuteJobStreamResponse, void, void> {
  const { runId, end, stopWatching } = await begun;
  try {
    for await (const events of eventsOf({ store, runId, afterSeq: -1, signal, shares }, end)) {
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
  readonly end: () => Promise<ExecutionResult>;
  readonly stopWatching: () => void;
}

function forStream(
  { submitted, stopWatching }: Begun,
  { runner, context: { shares } }: { readonly runner: JobRunner; readonly context: CallContext },
): StreamBegun {
  const { jobId, runId, ended } = submitted;
  if (ended) return { runId, end: () => resultOfEnded(runner, { jobId, shares }), stopWatching };
  const end = submitted.result.then(withoutLists);
  end.catch(ignore); // whoever reads the stream is told by the stream
  return { runId, end: () => end, stopWatching };
}

function withoutLists(result: ExecutionResult): ExecutionResult {
  return { ...result, stepResults: [], stepsNotRun: [] };
}

/** The events of a run as they become durable; whatever came while the last ones were on their way comes together. */
async function* eventsOf(tail: Tail, ended: () => Promise<ExecutionResult>): AsyncGenerator<StepEvent[], void, void> {
  for await (const records of wholeTail(tail)) {
    for (const batch of batches(records, BATCH_CHARACTERS)) {
      const events = sharedEvents(batch) ?? [];
      if (events.length === 0)
        for (const { record } of batch) {
          const event = record.event_type === "run.completed" ? endEvent(record, await ended()) : eventOf(record);
          if (event !== undefined) events.push(event);
        }
      if (events.length > 0) yield events;
    }
  }
}

interface EndedJob {
  readonly jobId: string;
  readonly shares: CallShares;
}

/** Reads the result from the log, when it is this call's turn to read a whole one; without its lists. */
async function resultOfEnded(runner: JobRunner, { jobId, shares }: EndedJob): Promise<ExecutionResult> {
  await shares.wholeLog.take(1);
  const result = withoutLists(await recordedResult(runner, jobId));
  shares.wholeLog.give();
  return result;
}

async function recordedResult(runner: JobRunner, jobId: string): Promise<ExecutionResult> {
  const { result } = await runner.get(jobId);
  assert(result !== undefined, "a job whose log has ended has a result");
  return result;
}

/** The result as the log tells it, when there is room for it: until then nothing of it is held. */
async function recordedMessage(runner: JobRunner, { jobId, shares }: EndedJob): Promise<ResultMessage> {
  await wholeLogMayBeRead(shares);
  return fittingResultMessage(await recordedResult(runner, jobId));
}

/** The result of a job that has just ended, if nobody has to wait for its room. */
function messageIfRoom(result: ExecutionResult, { answer }: CallShares): { readonly message?: ResultMessage } {
  const message = fittingResultMessage(result);
  const bytes = resultBytes(message);
  if (answer.held > 0 || answer.takeNow(bytes)) return { message };
  return {};
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
