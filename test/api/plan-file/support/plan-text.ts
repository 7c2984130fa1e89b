import { stringify } from "yaml";
import type { JobDeclaration, PlanDeclaration, RetryPolicy, StepDeclaration } from "#model";

/** What a plan file says for a declaration, to be written as YAML or JSON. Jobs are a `Map`, which keeps their order. */
export function planFileOf(plan: PlanDeclaration): object {
  const { defaults } = plan;
  return {
    name: plan.name,
    contract_id: plan.contractId,
    max_workers: plan.maxWorkers,
    working_directory: plan.workingDirectory,
    inherit_env: plan.inheritEnvironment,
    environment: plan.environment,
    allow_shell: plan.allowShell,
    defaults: {
      retry: retryOf(defaults.retry),
      step_timeout_seconds: defaults.stepTimeoutSeconds,
      recovery: defaults.recovery,
    },
    jobs: new Map(plan.jobs.map((job) => [job.key, jobOf(job)])),
  };
}

/** The text of a declaration. */
export function planText(plan: PlanDeclaration): string {
  return stringify(planFileOf(plan), { aliasDuplicateObjects: false });
}

function jobOf(job: JobDeclaration): object {
  return {
    description: job.description,
    needs: job.needs,
    steps: job.steps.map(stepOf),
    pre_checks: job.preChecks.map(stepOf),
    post_checks: job.postChecks.map(stepOf),
    compensate: job.compensate.map(stepOf),
    probe: job.probe.map(stepOf),
    gate: job.gate,
    retry: retryOf(job.retry),
    timeout_seconds: job.timeoutSeconds,
    continue_on_error: job.continueOnError,
    recovery: job.recovery,
    capabilities: job.capabilities,
    artifacts: job.artifacts,
    working_directory: job.workingDirectory,
    environment: job.environment,
    concurrency: job.concurrency,
  };
}

function stepOf(step: StepDeclaration): object {
  return {
    step_type: step.stepType,
    target: step.target,
    parameters: step.parameters,
    command: step.command,
    timeout_seconds: step.timeoutSeconds,
  };
}

function retryOf(retry: Partial<RetryPolicy> | undefined): object | undefined {
  return (
    retry && {
      max_attempts: retry.maxAttempts,
      on: retry.on,
      on_exit_codes: retry.onExitCodes,
      backoff: {
        base_seconds: retry.baseSeconds,
        factor: retry.factor,
        max_seconds: retry.maxSeconds,
        jitter: retry.jitter,
      },
      max_elapsed_seconds: retry.maxElapsedSeconds,
    }
  );
}
