// Prints, as a JSON list, every file and builtin that is loaded when the module named on the command line is imported and,
// if it is the executor, used to the full: an import that hides until a job runs is seen, too.
import { registerHooks } from "node:module";
import type * as Executor from "#executor";
import type { AdmittedJob, ExecutionResult, Job } from "#model";

const loaded = new Set<string>();
registerHooks({
  load(url, context, nextLoad) {
    loaded.add(url);
    return nextLoad(url, context);
  },
});

const specifier = process.argv[2] ?? "";
const module: unknown = await import(specifier);
if (specifier === "#executor") await useExecutor(module as typeof Executor); // just imported under that name
process.stdout.write(JSON.stringify([...loaded]));

async function useExecutor(executor: typeof Executor): Promise<void> {
  const machine = executor.createDefaultExecutor();
  machine.registerHandler("fail", new executor.FailingHandler());
  machine.registerHandler("hang", { execute: () => new Promise(() => {}) });
  const types = ["parameter_change", "nobody", "fail", "hang"];
  for (const stepType of types) await execute(machine, jobOf(stepType));
}

function jobOf(stepType: string): Job {
  const step = { stepIndex: 0, stepType, target: "", parameters: { a: [1] }, timeoutSeconds: 0.001 };
  return { jobId: "job-1", contractId: "contract-1", executedBy: "program", steps: [step], timeoutSeconds: 60 };
}

async function execute(machine: Executor.JobExecutor, job: Job): Promise<ExecutionResult> {
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
