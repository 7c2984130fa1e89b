import { requestOf } from "#api";
import type { VerbatimClient } from "#api";
import type { ExecutionResult } from "#model";
import { Fault } from "#model";
import { cancelWhenInterrupted } from "../cancel-when-interrupted.ts";
import { exitOfSignal } from "../exit-codes.ts";
import { exitOfJob } from "../exit-of-job.ts";
import type { CommonFlags } from "../host.ts";
import { invalidJob, readJob } from "../job-file/read-job.ts";
import type { JobFlags, ReadJob } from "../job-file/read-job.ts";
import { createProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";
import type { ProgressMode } from "../progress-modes.ts";
import type { Session } from "../session.ts";
import { resumed } from "../resume.ts";
import { JobFollower } from "../job-follower.ts";
import type { StepEvents } from "../job-follower.ts";
import { resultJson } from "../views/result-json.ts";
import { endedRun } from "../views/run-view.ts";
import type { LogHead } from "../views/run-view.ts";
import { summaryText } from "../views/summary.ts";

/** Flags of `exec`. */
export interface ExecFlags extends CommonFlags, JobFlags {
  readonly onDisconnect: "continue" | "cancel";
  readonly progress: ProgressMode;
}

const ON_DISCONNECT = { continue: 1, cancel: 2 } as const;

/** `verbatim exec FILE`: runs a job, shows its steps as they end, and what became of it. */
export async function exec(file: string, flags: ExecFlags, session: Session): Promise<number> {
  const { host } = session;
  const read = await readJob(file, flags, host);
  if (host.interrupted.aborted) return exitOfSignal(host.interrupted.reason);
  await using connection = await host.connect(flags);
  const { client, where } = connection;
  const progress = createProgress(flags.progress, session.stderr);
  const { jobId, steps } = read.job;
  const attached = read.named && (await isKnown(client, jobId));
  const begin = (): Promise<void> => progress.begin({ jobId, where, attached, steps: steps.length });
  const ended = await follow(client, { read, flags, progress, begin, session });
  await progress.end();
  await tell(ended, session);
  return exitOfJob(ended.result, host.interrupted);
}

interface Following {
  readonly read: ReadJob;
  readonly flags: ExecFlags;
  readonly progress: Progress;
  /** Tells that the job was accepted. */
  readonly begin: () => Promise<void>;
  readonly session: Session;
}

interface Ended {
  readonly result: ExecutionResult;
  readonly log: LogHead;
}

/** Only to say so: whether the job is performed or attached to is decided by the server. */
async function isKnown({ executor }: VerbatimClient, jobId: string): Promise<boolean> {
  try {
    await executor.getJob({ jobId });
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === "RUN_NOT_FOUND") return false;
    throw error;
  }
}

/** Asks for the job and reads its evidence to the end; the first signal from outside cancels it. */
async function follow(client: VerbatimClient, following: Following): Promise<Ended> {
  const { read, flags, progress, begin, session } = following;
  const { host } = session;
  const follower = new JobFollower(read.job);
  const cancelling = cancelWhenInterrupted(client, read.job.jobId, { host, note: (text) => progress.note(text) });
  const request = { ...requestOf(read.job), onDisconnect: ON_DISCONNECT[flags.onDisconnect] };
  try {
    const messages = resumed<StepEvents>({
      open: (afterSeq): AsyncIterable<StepEvents> =>
        afterSeq === undefined
          ? client.executor.executeJobStream({ job: request })
          : client.executor.watchJob({ jobId: read.job.jobId, afterSeq }),
      lastSeq: (message) => message.events.at(-1)?.seq,
      clock: host.clock,
      onCut: (fault) => void progress.note(`${fault.message} Taking it up again.`),
    });
    let accepted = false;
    for await (const message of messages) {
      if (!accepted) await begin();
      accepted = true;
      cancelling.accepted();
      for (const event of message.events) await progress.step(follower.take(event));
    }
  } catch (error) {
    throw refusedJob(error, read);
  } finally {
    await cancelling.stop();
  }
  return follower.ended();
}

/** A refusal of the job as it stands in its file, with the lines of all that is wrong. */
function refusedJob(error: unknown, read: ReadJob): unknown {
  if (!(error instanceof Fault)) return error;
  if (error.code === "SERVER_UNREACHABLE") {
    const { jobId } = read.job;
    const advice = `If the job was accepted it may go on: see \`verbatim show ${jobId}\`, or attach with --job-id ${jobId}.`;
    return new Fault(error.code, `${error.message.replace(/\.?$/, ".")} ${advice}`, { cause: error });
  }
  if (error.violations.length === 0) return error;
  const violations = read.locate(error.violations);
  if (error.code === "INVALID_REQUEST") return invalidJob(read.source, violations);
  if (error.code === "ADMISSION_REFUSED")
    return new Fault(error.code, `The job in ${read.source} is not admitted.`, { violations });
  return error;
}

async function tell({ result, log }: Ended, { stdout, json }: Session): Promise<void> {
  if (json) await stdout.json(`${JSON.stringify(resultJson(result, log))}\n`);
  else await stdout.write(summaryText(endedRun(result, log), stdout));
}
