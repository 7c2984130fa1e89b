import type { RecordDraft } from "#evidence";
import { Fault } from "#model";
import type { PlanRun } from "./plan-run.ts";
import { aboutJob, common, ENGINE, stateChanged } from "./run-records.ts";
import type { ResumeOptions } from "./run-runner.ts";
import type { JobState } from "./job-state.ts";
import type { RunState } from "./run-state.ts";

/** What is asked, with what was found out about it. */
export interface ResumeRequest extends Omit<ResumeOptions, "planHash"> {
  /** Hash of the plan as it is now; absent = not looked at. */
  readonly planHash: string | undefined;
  readonly at: string;
}

/** What a resume says in the log. */
export interface ResumeWord {
  readonly drafts: readonly RecordDraft[];
  /** Jobs that run again or for the first time. */
  readonly pending: readonly string[];
  /** Jobs that have not succeeded and were not asked for. */
  readonly left: readonly string[];
}

/** @throws {Fault} RUN_ACTIVE, RUN_ENDED, RUN_NOT_RESUMABLE, PLAN_CHANGED, INVALID_REQUEST */
export function resumeDrafts(run: PlanRun, request: ResumeRequest): ResumeWord {
  const { state, runId } = run;
  requireResumable(run);
  const forced = requireSamePlan(run, request);
  requireNoDoubt(run, request);
  requireNoHardGate(run);
  const only = selection(state, request);
  const { at, actor, reason, failedOnly, fromJob } = request;
  const said = { at, actor, reason };
  const open = [...state.jobs.values()].filter(({ status }) => status !== "succeeded");
  const isAsked = ({ job }: JobState): boolean => only === undefined || only.has(job.key);
  const pending = open.filter(isAsked).map(({ job }) => job.key);
  if (pending.length === 0 && open.length > 0 && request.sameJobs !== true)
    throw new Fault("RUN_NOT_RESUMABLE", `Nothing of run ${runId} is left to be done by this resume.`);
  const data = {
    ...(only !== undefined && { only: pending }),
    ...(failedOnly && { failed_only: true }),
    ...(fromJob !== undefined && { from_job: fromJob }),
  };
  const drafts: RecordDraft[] = [
    { event_type: "run.resumed", ...common(said), ...(Object.keys(data).length > 0 && { data }) },
    ...(forced ? [forcedRecord(request, run.planHash)] : []),
    ...[...state.inDoubt].flatMap((key) => rerun(state.job(key), request)),
  ];
  return { drafts, pending, left: open.filter((job) => !isAsked(job)).map(({ job }) => job.key) };
}

/**
 * What a word at a gate says in the log of a blocked run. What was cut off waits again, for the word may come before the resume that
 * a start makes; what is in doubt and needs nobody's word does as well.
 */
export function goesOnDrafts(
  state: RunState,
  { word, at, reason }: { readonly word: RecordDraft; readonly at: string; readonly reason: string },
): readonly RecordDraft[] {
  const said = { at, actor: ENGINE, reason };
  if (state.blockCause === "gate" || state.blockCause === "in_doubt") return [word, stateChanged("executing", said)];
  const unasked = [...state.inDoubt].map((key) => state.job(key)).filter(({ job }) => job.recovery !== "operator");
  return [
    {
      event_type: "run.resumed",
      ...common(said),
      ...(state.only !== undefined && { data: { only: [...state.only] } }),
    },
    ...unasked.flatMap((job) => rerun(job, { at, actor: ENGINE, rerun: [] })),
    word,
  ];
}

function requireResumable({ state, runId, atRest }: PlanRun): void {
  if (!atRest) throw new Fault("RUN_ACTIVE", `Run ${runId} is being driven already: it is ${state.status}.`);
  if (state.status === "succeeded" || state.status === "cancelled" || state.status === "rolled_back")
    throw new Fault("RUN_ENDED", `Run ${runId} is ${state.status}: there is nothing to resume. Start a new one.`);
}

function requireSamePlan({ planHash: recorded, runId }: PlanRun, { planHash, force }: ResumeRequest): boolean {
  if (planHash === undefined || planHash === recorded) return false;
  if (force) return true;
  throw new Fault(
    "PLAN_CHANGED",
    `The plan was changed since run ${runId} began (started ${recorded}, now ${planHash}). Start a new run, or say --force to go on with the plan that was started.`,
  );
}

function requireNoDoubt({ state, runId }: PlanRun, { rerun: allowed }: ResumeRequest): void {
  const wrong = allowed.filter((key) => !state.inDoubt.has(key));
  if (wrong.length > 0)
    throw new Fault("INVALID_REQUEST", `Only a job in doubt is run again by a word: ${wrong.join(", ")} is none.`, {
      violations: wrong.map((key) => ({ field: "rerun", description: `names ${key}, which is not in doubt` })),
    });
  const open = [...state.inDoubt].filter((key) => state.job(key).job.recovery === "operator" && !allowed.includes(key));
  if (open.length === 0) return;
  throw new Fault(
    "RUN_NOT_RESUMABLE",
    `Run ${runId} has jobs in doubt: ${open.join(", ")}. Each had a step running when its process ended, and nobody knows whether it took effect. Find out, then say that it succeeded (mark-succeeded RUN JOB) or that it may run again (resume RUN --rerun JOB).`,
    { violations: open.map((key) => ({ field: `jobs.${key}`, description: "is in doubt" })) },
  );
}

function requireNoHardGate({ state, runId }: PlanRun): void {
  if (state.status !== "failed") return;
  for (const { job, status, overridden } of state.jobs.values()) {
    if (job.gate !== "hard" || status !== "failed" || overridden || !state.failures.has(job.key)) continue;
    throw new Fault(
      "RUN_NOT_RESUMABLE",
      `The hard gate ${job.key} of run ${runId} has failed: override it with a reason (override RUN ${job.key} --reason ...), or start a new run.`,
    );
  }
}

/** The jobs that are asked for; undefined = all. */
function selection(state: RunState, { failedOnly, fromJob, sameJobs }: ResumeRequest): ReadonlySet<string> | undefined {
  if (sameJobs === true) return state.only;
  let only: Set<string> | undefined;
  if (fromJob !== undefined) {
    if (!state.jobs.has(fromJob))
      throw new Fault("INVALID_REQUEST", `The plan has no job ${fromJob}.`, {
        violations: [{ field: "from_job", description: `is ${JSON.stringify(fromJob)}, and there is no such job` }],
      });
    only = new Set([fromJob]);
    for (const key of only) for (const next of state.dependents.get(key) ?? []) only.add(next); // a set grows while it is walked
  }
  if (!failedOnly) return only;
  const failed = [...state.jobs.values()].filter(({ status }) => status === "failed" || status === "in_doubt");
  return new Set(failed.map(({ job }) => job.key).filter((key) => only === undefined || only.has(key)));
}

function rerun(
  { job, attempt }: JobState,
  { at, actor, rerun: allowed }: Pick<ResumeRequest, "at" | "actor" | "rerun">,
): readonly RecordDraft[] {
  const said = allowed.includes(job.key)
    ? { at, actor, reason: `in doubt: ${actor} says that it may run again` }
    : { at, actor, reason: `in doubt: its recovery is ${job.recovery}` };
  if (job.recovery === "probe" && !allowed.includes(job.key)) return []; // its probe says
  return [aboutJob("job.retried", { key: job.key, said, attempt: attempt + 1, data: { delay_ms: 0 } })];
}

function forcedRecord({ at, actor, reason, planHash }: ResumeRequest, recorded: string): RecordDraft {
  return {
    event_type: "run.override_applied",
    ...common({ at, actor, reason }),
    status: "plan_changed",
    data: { plan_hash: recorded, plan_hash_now: planHash ?? "" },
  };
}
