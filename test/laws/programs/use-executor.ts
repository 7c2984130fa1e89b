// Uses the executor to the full, so that an import that hides until a job runs is loaded, too.
import * as executor from "#executor";
import type { AdmittedJob, ExecutionResult, Job } from "#model";

const machine = executor.createDefaultExecutor();
machine.registerHandler("fail", new executor.FailingHandler());
machine.registerHandler("hang", { execute: () => new Promise(() => {}) });
for (const stepType of ["parameter_change", "nobody", "fail", "hang"]) await execute(jobOf(stepType));

function jobOf(stepType: string): Job {
  const step = { stepIndex: 0, stepType, target: "", parameters: { a: [1] }, timeoutSeconds: 0.001 };
  return { jobId: "job-1", contractId: "contract-1", executedBy: "program", steps: [step], timeoutSeconds: 60 };
}

async function execute(job: Job): Promise<ExecutionResult> {
  const clock = {
    now: () => "2026-01-04T00:00:00.000Z",
    monotonicMs: () => 0,
    after: (milliseconds: number, callback: () => void) => {
      const timer = milliseconds < 1000 ? setImmediate(callback) : undefined;
      return () => clearImmediate(timer);
    },
  };
  const health = { observeHealth: () => Promise.resolve({ status: "HEALTHY", signals: {} } as const) };
  const batches = machine.executeJob(job as AdmittedJob, { clock, health, graceMs: 1 }); // stands in for governance
  for (;;) {
    const next = await batches.next();
    if (next.done === true) return next.value;
  }
}
