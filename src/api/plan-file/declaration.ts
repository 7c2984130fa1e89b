import type { Keys, LocatedDocument } from "#document";
import type {
  JobDeclaration,
  JsonObject,
  NotificationDeclaration,
  PlanDeclaration,
  RetryPolicy,
  StepDeclaration,
} from "#model";
import type { PlanFile, PlanFileJob, PlanFileNotification, PlanFileRetry, PlanFileStep } from "./plan-schema.ts";

type Text = Pick<LocatedDocument, "names" | "written">;
type Environment = NonNullable<PlanFile["environment"]>;

/** What a checked plan file declares. The text tells the order of its jobs, and how its values were written. */
export function declarationOf(file: PlanFile, text: Text): PlanDeclaration {
  const { retry, recovery, step_timeout_seconds: stepTimeoutSeconds } = file.defaults ?? {};
  return {
    name: file.name,
    ...(file.contract_id !== undefined && { contractId: file.contract_id }),
    ...(file.max_workers !== undefined && { maxWorkers: file.max_workers }),
    ...(file.working_directory !== undefined && { workingDirectory: file.working_directory }),
    environment: variables(file.environment, { keys: ["environment"], text }),
    inheritEnvironment: file.inherit_env ?? [],
    allowShell: file.allow_shell ?? false,
    defaults: {
      ...(retry !== undefined && { retry: retryOf(retry) }),
      ...(stepTimeoutSeconds !== undefined && { stepTimeoutSeconds }),
      ...(recovery !== undefined && { recovery }),
    },
    jobs: text.names(["jobs"]).flatMap((key) => {
      const job = file.jobs[key];
      return job === undefined ? [] : [jobOf(key, job, text)];
    }),
    ...(file.notifications !== undefined && { notifications: file.notifications.map(notificationOf) }),
  };
}

function notificationOf({ on, email, webhook }: PlanFileNotification): NotificationDeclaration {
  return {
    on,
    ...(email !== undefined && { email: { to: email.to, cc: email.cc ?? [] } }),
    ...(webhook !== undefined && { webhook }),
  };
}

function jobOf(key: string, job: PlanFileJob, text: Text): JobDeclaration {
  return {
    key,
    ...(job.description !== undefined && { description: job.description }),
    needs: job.needs ?? [],
    steps: job.command === undefined ? stepsOf(job.steps) : [{ command: job.command }],
    preChecks: stepsOf(job.pre_checks),
    postChecks: stepsOf(job.post_checks),
    compensate: stepsOf(job.compensate),
    probe: stepsOf(job.probe),
    ...(job.gate !== undefined && { gate: job.gate }),
    ...(job.retry !== undefined && { retry: retryOf(job.retry) }),
    ...(job.timeout_seconds !== undefined && { timeoutSeconds: job.timeout_seconds }),
    ...(job.continue_on_error !== undefined && { continueOnError: job.continue_on_error }),
    ...(job.recovery !== undefined && { recovery: job.recovery }),
    ...(job.capabilities !== undefined && { capabilities: job.capabilities }),
    artifacts: job.artifacts ?? [],
    ...(job.working_directory !== undefined && { workingDirectory: job.working_directory }),
    environment: variables(job.environment, { keys: ["jobs", key, "environment"], text }),
    ...(job.concurrency !== undefined && { concurrency: job.concurrency }),
  };
}

function stepsOf(steps: readonly PlanFileStep[] = []): readonly StepDeclaration[] {
  return steps.map((step) => ({
    ...(step.step_type !== undefined && { stepType: step.step_type }),
    ...(step.target !== undefined && { target: step.target }),
    ...(step.parameters !== undefined && { parameters: step.parameters as JsonObject }), // read from a text whose values are JSON
    ...(step.command !== undefined && { command: step.command }),
    ...(step.timeout_seconds !== undefined && { timeoutSeconds: step.timeout_seconds }),
  }));
}

function retryOf({ backoff = {}, ...retry }: PlanFileRetry): Partial<RetryPolicy> {
  return {
    ...(retry.max_attempts !== undefined && { maxAttempts: retry.max_attempts }),
    ...(retry.on !== undefined && { on: retry.on }),
    ...(retry.on_exit_codes !== undefined && { onExitCodes: retry.on_exit_codes }),
    ...(backoff.base_seconds !== undefined && { baseSeconds: backoff.base_seconds }),
    ...(backoff.factor !== undefined && { factor: backoff.factor }),
    ...(backoff.max_seconds !== undefined && { maxSeconds: backoff.max_seconds }),
    ...(backoff.jitter !== undefined && { jitter: backoff.jitter }),
    ...(retry.max_elapsed_seconds !== undefined && { maxElapsedSeconds: retry.max_elapsed_seconds }),
  };
}

/** Numbers and truth values as they are written: a version 1.10 is not 1.1. */
function variables(
  values: Environment = {},
  { keys, text }: { readonly keys: Keys; readonly text: Text },
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? value : (text.written([...keys, name]) ?? String(value)),
    ]),
  );
}
