import type { EvidenceStore, HistoryReader } from "#evidence";
import { Fault, LIMITS } from "#model";
import type { Clock, Violation } from "#model";
import type { AboutJob, Asked, PlanReport, RunRunner, Scheduler, SubmittedPlan } from "#orchestration";
import type {
  JobWord,
  PlanSource,
  ResumeRunRequest,
  ResumeRunResponse,
  ValidatePlanResponse,
  WatchRunRequest,
  WatchRunResponse,
} from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { RunService } from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { readPlan } from "../plan-file/read-plan.ts";
import type { ReadPlan } from "../plan-file/read-plan.ts";
import { wholeLogMayBeRead } from "./call-budgets.ts";
import type { CallContext } from "./call-context.ts";
import { idViolations, invalidRequest, refuseIfAny, sequenceNumber, textViolations } from "./checks.ts";
import { BATCH_CHARACTERS, batches } from "./event-messages.ts";
import { historyMethods } from "./history-methods.ts";
import { plannedJobMessages, runEvent, runMessage, scheduleMessage } from "./run-messages.ts";
import type { MountedService, ServiceImplementation } from "./service.ts";
import { mount } from "./service.ts";
import { startTime } from "./start-time.ts";
import { wholeTail } from "./whole-tail.ts";

/** What the service speaks for. */
export interface RunServiceOptions {
  readonly runs: RunRunner;
  readonly history: HistoryReader;
  readonly store: EvidenceStore;
  readonly schedules: Pick<Scheduler, "list">;
  /** For bounds on times that callers name. */
  readonly clock: Clock;
}

/** `verbatim.orchestration.v1.RunService`: words to commands, records to messages. It decides nothing. */
export function runService({ runs, history, store, schedules, clock }: RunServiceOptions): MountedService {
  return mount(
    RunService,
    {
      validatePlan({ plan }) {
        const { read, submitted } = submittedPlan(plan);
        return Promise.resolve(reportMessage(runs.validate(submitted), read));
      },

      async createRun({ plan, runId, actor, reason, startAfter: time }) {
        const start = startTime(time, clock);
        refuseIfAny([
          ...(runId === "" ? [] : idViolations("run_id", runId)),
          ...askedViolations({ actor, reason }),
          ...start.violations,
        ]);
        const { read, submitted } = submittedPlan(plan);
        const asked = { actor, reason, ...(runId !== "" && { runId }), ...start.asked };
        const accepted = await located(read, () => runs.create(submitted, asked));
        return { $typeName: "verbatim.orchestration.v1.CreateRunResponse", ...accepted };
      },

      async getRun({ runId }, { shares }) {
        refuseIfAny(idViolations("run_id", runId));
        await wholeLogMayBeRead(shares);
        const run = runMessage(await runs.get(runId));
        const head = await store.head(runId); // after the run: the state that is told is durable
        return {
          $typeName: "verbatim.orchestration.v1.GetRunResponse",
          run,
          logSize: BigInt(head?.size ?? 0),
          logHead: head?.hash ?? "",
        };
      },

      ...historyMethods(history),

      watchRun: (request, context) => watchRun(store, request, context),

      resumeRun: (request) => resumeRun(runs, request),

      async cancelRun({ runId, actor, reason }) {
        refuseIfAny([...idViolations("run_id", runId), ...askedViolations({ actor, reason }, { needsReason: true })]);
        const run = runMessage(await runs.cancel(runId, { actor, reason }));
        return { $typeName: "verbatim.orchestration.v1.CancelRunResponse", run };
      },

      ...wordMethods(runs),

      listSchedules: () =>
        Promise.resolve({
          $typeName: "verbatim.orchestration.v1.ListSchedulesResponse",
          schedules: schedules.list().map(scheduleMessage),
        }),

      async rollbackRun({ runId, actor, reason }) {
        refuseIfAny([...idViolations("run_id", runId), ...askedViolations({ actor, reason }, { needsReason: true })]);
        const run = runMessage(await runs.rollback(runId, { actor, reason }));
        return { $typeName: "verbatim.orchestration.v1.RollbackRunResponse", run };
      },
    },
    { validatePlan: LIMITS.requestBytes, createRun: LIMITS.requestBytes, resumeRun: LIMITS.requestBytes },
  );
}

async function* watchRun(
  store: EvidenceStore,
  { runId, afterSeq, untilBlocked }: WatchRunRequest,
  { signal, shares }: CallContext,
): AsyncGenerator<WatchRunResponse, void, void> {
  refuseIfAny(idViolations("run_id", runId));
  const tail = { store, runId, afterSeq: sequenceNumber(afterSeq), signal, shares };
  for await (const records of wholeTail(tail)) {
    for (const batch of batches(records, BATCH_CHARACTERS)) {
      const events = batch.map(({ record }) => runEvent(record));
      yield { $typeName: "verbatim.orchestration.v1.WatchRunResponse", events };
    }
    const last = records.at(-1)?.record;
    if (untilBlocked && last?.event_type === "run.state_changed" && last.status === "blocked") return;
  }
}

async function resumeRun(runs: RunRunner, request: ResumeRunRequest): Promise<ResumeRunResponse> {
  const { runId, actor, reason, failedOnly, fromJob, rerun, plan, force } = request;
  refuseIfAny([...idViolations("run_id", runId), ...askedViolations({ actor, reason })]);
  const given = plan && submittedPlan(plan);
  const options = {
    actor,
    reason,
    failedOnly,
    rerun,
    force,
    ...(fromJob !== "" && { fromJob }),
    ...(given !== undefined && { plan: given.submitted }),
  };
  const { pending, left } = await located(given?.read, () => runs.resume(runId, options));
  return { $typeName: "verbatim.orchestration.v1.ResumeRunResponse", runId, pending: [...pending], left: [...left] };
}

/** Somebody's word about a job. */
function wordMethods(runs: RunRunner): WordMethods {
  return {
    async markJobSucceeded({ word }) {
      const run = runMessage(await runs.markSucceeded(aboutJob(word)));
      return { $typeName: "verbatim.orchestration.v1.MarkJobSucceededResponse", run };
    },

    async approveGate({ word }) {
      const run = runMessage(await runs.approve(aboutJob(word)));
      return { $typeName: "verbatim.orchestration.v1.ApproveGateResponse", run };
    },

    async rejectGate({ word }) {
      const run = runMessage(await runs.reject(aboutJob(word)));
      return { $typeName: "verbatim.orchestration.v1.RejectGateResponse", run };
    },

    async overrideGate({ word }) {
      const run = runMessage(await runs.overrideGate(aboutJob(word)));
      return { $typeName: "verbatim.orchestration.v1.OverrideGateResponse", run };
    },
  };
}

type WordMethods = Pick<
  ServiceImplementation<typeof RunService>,
  "markJobSucceeded" | "approveGate" | "rejectGate" | "overrideGate"
>;

function askedViolations(
  { actor, reason }: Asked,
  { needsReason = false }: { readonly needsReason?: boolean } = {},
): readonly Violation[] {
  const unneeded = !needsReason && reason === "";
  return [
    ...textViolations("actor", actor, LIMITS.idCharacters),
    ...(unneeded ? [] : textViolations("reason", reason, LIMITS.targetCharacters)),
  ];
}

function aboutJob(word: JobWord | undefined): AboutJob {
  if (word === undefined) throw invalidRequest([{ field: "word", description: "is missing" }]);
  const { runId, jobKey, actor, reason, planHash } = word;
  refuseIfAny([
    ...idViolations("run_id", runId),
    ...textViolations("job_key", jobKey, LIMITS.jobKeyCharacters),
    ...askedViolations({ actor, reason }, { needsReason: true }),
  ]);
  return { runId, jobKey, actor, reason, ...(planHash !== "" && { planHash }) };
}

interface GivenPlan {
  readonly read: ReadPlan;
  readonly submitted: SubmittedPlan;
}

/** @throws {Fault} INVALID_REQUEST that lists every problem of the text's form. */
function submittedPlan(plan: PlanSource | undefined): GivenPlan {
  if (plan === undefined) throw invalidRequest([{ field: "plan", description: "is missing; give the plan to run" }]);
  const { text, name, inherited, overrides, baseDirectory } = plan;
  const read = readPlan(text, name === "" ? "plan" : name.slice(0, LIMITS.targetCharacters));
  const surroundings = { inherited, overrides, ...(baseDirectory !== "" && { baseDirectory }) };
  return { read, submitted: { declaration: read.declaration, surroundings } };
}

/** What is wrong with a plan is told by the lines of its text. */
async function located<T>(read: ReadPlan | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Fault) || read === undefined || error.violations.length === 0) throw error;
    throw new Fault(error.code, error.message, { violations: read.locate(error.violations), cause: error });
  }
}

function reportMessage(report: PlanReport, read: ReadPlan): ValidatePlanResponse {
  const { plan, planHash, violations, order, widths } = report;
  return {
    $typeName: "verbatim.orchestration.v1.ValidatePlanResponse",
    name: plan.name,
    planHash,
    violations: read.locate(violations).map(({ field, description }) => ({
      $typeName: "verbatim.orchestration.v1.PlanViolation",
      field,
      description,
    })),
    order: [...order],
    widths: [...widths],
    jobs: plannedJobMessages(plan),
    maxWorkers: plan.maxWorkers,
  };
}
