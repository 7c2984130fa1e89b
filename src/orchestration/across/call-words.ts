import { Fault } from "#model";
import type { Cancellation, Json } from "#model";
import type { RunCall } from "#queue";
import type { JobRunner } from "../job-runner.ts";
import type { AboutJob, Asked, ResumedRun, ResumeOptions, RunRunner } from "../run/run-runner.ts";

/** What may be asked of a run that another process holds, with what it is asked with and what is told of it. */
export interface CallWords {
  readonly cancel: { readonly given: Asked; readonly told: null };
  readonly approve: { readonly given: AboutJob; readonly told: null };
  readonly reject: { readonly given: AboutJob; readonly told: null };
  readonly mark_succeeded: { readonly given: AboutJob; readonly told: null };
  readonly override_gate: { readonly given: AboutJob; readonly told: null };
  readonly rollback: { readonly given: Asked; readonly told: null };
  readonly resume: { readonly given: Omit<ResumeOptions, "plan">; readonly told: ResumedRun };
  /** Of a direct job. */
  readonly cancel_job: { readonly given: Cancellation; readonly told: null };
}

type Verb = keyof CallWords;

/** The runners of the process that holds a run. */
export interface AskedRunners {
  readonly runs: RunRunner;
  readonly runner: JobRunner;
}

type Carried<V extends Verb> = (
  runners: AskedRunners,
  runId: string,
  given: CallWords[V]["given"],
) => Promise<CallWords[V]["told"]>;

const CARRIED: { readonly [V in Verb]: Carried<V> } = {
  cancel: async ({ runs }, runId, asked) => nothing(await runs.cancel(runId, asked)),
  approve: async ({ runs }, _runId, about) => nothing(await runs.approve(about)),
  reject: async ({ runs }, _runId, about) => nothing(await runs.reject(about)),
  mark_succeeded: async ({ runs }, _runId, about) => nothing(await runs.markSucceeded(about)),
  override_gate: async ({ runs }, _runId, about) => nothing(await runs.overrideGate(about)),
  rollback: async ({ runs }, runId, asked) => nothing(await runs.rollback(runId, asked)),
  resume: async ({ runs }, runId, options) => await runs.resume(runId, options),
  cancel_job: async ({ runner }, jobId, cancellation) => nothing(await runner.cancel(jobId, cancellation)),
};

/** A call, as it is handed to another process. */
export function runCall<V extends Verb>(verb: V, runId: string, given: CallWords[V]["given"]): RunCall {
  return { runId, verb, given: JSON.parse(JSON.stringify(given)) as Json }; // without the members that are undefined
}

/** What the other process has told of a call. */
export function toldOf<V extends Verb>(_verb: V, told: Json): CallWords[V]["told"] {
  return told as unknown as CallWords[V]["told"]; // told by `carryOutCall` of the same verb
}

/** Carries out what another process was asked for, here where the run is held. @throws {Fault} what the runners say; UNIMPLEMENTED */
export async function carryOutCall({ runId, verb, given }: RunCall, runners: AskedRunners): Promise<Json> {
  if (!isVerb(verb))
    throw new Fault(
      "UNIMPLEMENTED",
      `The server that holds run ${runId} does not know what was asked of it (${verb}): it is of another version.`,
    );
  const carry = CARRIED[verb] as Carried<Verb>; // `given` was made by `runCall` of the same verb
  return (await carry(runners, runId, given as never)) as unknown as Json; // see above; all members are JSON
}

function isVerb(verb: string): verb is Verb {
  return Object.hasOwn(CARRIED, verb);
}

/** What has become of the run stands in its log. */
function nothing(_view: unknown): null {
  return null;
}
