import { canonicalJson, digest } from "#evidence";
import { frozenJson } from "#executor";
import type { Json, JsonObject, Plan, PlannedJob, PlannedNotification, PlannedStep } from "#model";

/** A plan as its run's first record keeps it. */
export interface PlanText {
  /** Canonical JSON. */
  readonly text: string;
  /** Its digest: the plan's name in evidence. */
  readonly hash: string;
}

/** The canonical text of a plan, everything that will run in it. */
export function planText(plan: Plan): PlanText {
  const text = canonicalJson(planJson(plan));
  return { text, hash: digest(text) };
}

function planJson(plan: Plan): JsonObject {
  return {
    name: plan.name,
    contract_id: plan.contractId,
    max_workers: plan.maxWorkers,
    jobs: plan.jobs.map(jobJson),
    ...(plan.notifications !== undefined && { notifications: plan.notifications.map(notificationJson) }),
  };
}

function notificationJson({ on, way }: PlannedNotification): JsonObject {
  if ("webhook" in way) return { on, webhook: { url: way.webhook.url } };
  return { on, email: { to: way.email.to, cc: way.email.cc } };
}

function jobJson(job: PlannedJob): JsonObject {
  const { retry, concurrency } = job;
  return {
    key: job.key,
    needs: job.needs,
    steps: job.steps.map(stepJson),
    ...(job.gate !== undefined && { gate: job.gate }),
    retry: {
      max_attempts: retry.maxAttempts,
      on: retry.on,
      ...(retry.onExitCodes !== undefined && { on_exit_codes: retry.onExitCodes }),
      base_seconds: retry.baseSeconds,
      factor: retry.factor,
      max_seconds: retry.maxSeconds,
      jitter: retry.jitter,
      ...(retry.maxElapsedSeconds !== undefined && { max_elapsed_seconds: retry.maxElapsedSeconds }),
    },
    ...(job.timeoutSeconds !== undefined && { timeout_seconds: job.timeoutSeconds }),
    continue_on_error: job.continueOnError,
    recovery: job.recovery,
    probe: job.probe.map(stepJson),
    compensate: job.compensate.map(stepJson),
    ...(concurrency !== undefined && { concurrency: { key: concurrency.key, max: concurrency.max } }),
  };
}

function stepJson(step: PlannedStep): JsonObject {
  return {
    step_type: step.stepType,
    target: step.target,
    parameters: frozenJson(step.parameters),
    timeout_seconds: step.timeoutSeconds,
  };
}

interface StoredStep {
  readonly step_type: string;
  readonly target: string;
  readonly parameters: JsonObject;
  readonly timeout_seconds: number;
}

interface StoredJob {
  readonly key: string;
  readonly needs: readonly string[];
  readonly steps: readonly StoredStep[];
  readonly gate?: PlannedJob["gate"];
  readonly retry: {
    readonly max_attempts: number;
    readonly on: PlannedJob["retry"]["on"];
    readonly on_exit_codes?: readonly number[];
    readonly base_seconds: number;
    readonly factor: number;
    readonly max_seconds: number;
    readonly jitter: number;
    readonly max_elapsed_seconds?: number;
  };
  readonly timeout_seconds?: number;
  readonly continue_on_error: boolean;
  readonly recovery: PlannedJob["recovery"];
  readonly probe: readonly StoredStep[];
  readonly compensate: readonly StoredStep[];
  readonly concurrency?: { readonly key: string; readonly max: number };
}

type StoredNotification = Pick<PlannedNotification, "on"> & PlannedNotification["way"];

/** The plan that {@link planText} wrote; its hash is to be compared before. */
export function storedPlan(value: Json): Plan {
  const stored = value as unknown as {
    readonly name: string;
    readonly contract_id: string;
    readonly max_workers: number;
    readonly jobs: readonly StoredJob[];
    readonly notifications?: readonly StoredNotification[];
  }; // written by planJson, and its digest was compared
  return {
    name: stored.name,
    contractId: stored.contract_id,
    maxWorkers: stored.max_workers,
    jobs: stored.jobs.map(storedJob),
    ...(stored.notifications !== undefined && {
      notifications: stored.notifications.map(({ on, ...way }) => ({ on, way })),
    }),
  };
}

function storedJob(job: StoredJob): PlannedJob {
  const { retry } = job;
  return {
    key: job.key,
    needs: job.needs,
    steps: job.steps.map(storedStep),
    ...(job.gate !== undefined && { gate: job.gate }),
    retry: {
      maxAttempts: retry.max_attempts,
      on: retry.on,
      ...(retry.on_exit_codes !== undefined && { onExitCodes: retry.on_exit_codes }),
      baseSeconds: retry.base_seconds,
      factor: retry.factor,
      maxSeconds: retry.max_seconds,
      jitter: retry.jitter,
      ...(retry.max_elapsed_seconds !== undefined && { maxElapsedSeconds: retry.max_elapsed_seconds }),
    },
    ...(job.timeout_seconds !== undefined && { timeoutSeconds: job.timeout_seconds }),
    continueOnError: job.continue_on_error,
    recovery: job.recovery,
    probe: job.probe.map(storedStep),
    compensate: job.compensate.map(storedStep),
    ...(job.concurrency !== undefined && { concurrency: job.concurrency }),
  };
}

function storedStep(step: StoredStep): PlannedStep {
  return {
    stepType: step.step_type,
    target: step.target,
    parameters: step.parameters,
    timeoutSeconds: step.timeout_seconds,
  };
}
