import type { RecordSource } from "#effects";
import type { AttemptEnd, ErrorClass, ExecutionResult, HookJob, Job, JsonObject, Work } from "#model";
import { assert, Fault } from "#model";
import type { CompiledHooks } from "../hooks/compile-hooks.ts";
import { fanOut } from "../hooks/fan-out.ts";
import type { HookEffect } from "../hooks/fan-out.ts";
import { resolveNeeds } from "../hooks/resolve-needs.ts";
import type { JobRunner } from "../job-runner.ts";
import { decideRetry } from "../run/decide-retry.ts";
import { hookPayload, workOfEffect } from "./hook-work.ts";

/** What work of hooks is done with. */
export interface HookWorkOptions {
  readonly runner: JobRunner;
  /** The hooks of a hash, as they were when the work was accepted; undefined = they are not known here. */
  readonly hooksOf: (hash: string) => Promise<CompiledHooks | undefined>;
  /** The application's database, or what says that there is none. */
  readonly source: RecordSource;
  /** Limit on an attempt of a job that declares none itself. Seconds. */
  readonly timeoutSeconds: number;
  /** In [0, 1). */
  readonly chance: () => number;
}

/** Who asks, in the records of the jobs. */
const WORKER = "verbatim-worker";

/** Faults of this server, or of the source of records, at present, which say nothing of the work: it is tried again, and it was no attempt. */
const NOT_NOW: ReadonlySet<string> = new Set([
  "DRAINING",
  "LIMIT_EXCEEDED",
  "STORE_HALTED",
  "CANCELLED",
  "SOURCE_UNAVAILABLE",
]);

/**
 * Does one attempt: finds the records that a job is about and asks for one effect each, or has an effect performed.
 * @throws {Fault} for what was no attempt.
 */
export async function performHookWork(
  work: Work,
  { signal }: { readonly signal: AbortSignal },
  options: HookWorkOptions,
): Promise<AttemptEnd> {
  const { hooks: hash, job: name } = hookPayload(work);
  const hooks = await options.hooksOf(hash);
  const job = hooks?.set.jobs.get(name);
  if (hooks === undefined || job === undefined)
    return dead("permanent", `the job ${name} of the hooks ${hash} is not known here any more`);
  if (!job.capabilities.has(job.effect)) return withAllowed(dead("sandbox_violation", notDeclared(job)), job);
  try {
    return await attempted({ work, job, hooks, signal, ...options });
  } catch (error) {
    if (error instanceof Fault && NOT_NOW.has(error.code)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return failed(work, job, { errorClass: classOf(error), message, chance: options.chance() });
  }
}

/** What no one has foreseen is an attempt too: it is told, and does not go on for ever. */
function classOf(error: unknown): ErrorClass {
  if (!(error instanceof Fault)) return "unknown";
  return error.code === "DEADLINE_PASSED" ? "timeout" : "permanent";
}

interface Attempt extends HookWorkOptions {
  readonly work: Work;
  readonly job: HookJob;
  readonly hooks: CompiledHooks;
  readonly signal: AbortSignal;
}

async function attempted(attempt: Attempt): Promise<AttemptEnd> {
  const { work, job } = attempt;
  const { effect } = hookPayload(work);
  if (effect !== undefined) return await performed(attempt, effect.parameters);
  const found = await effects(attempt);
  if ("problem" in found) return dead("permanent", found.problem);
  // What needs nothing of a database is for the record itself: found again, it is the same.
  const [only] = found.effects;
  if (job.needs.length === 0 && only !== undefined) return await performed(attempt, only.parameters);
  return { kind: "completed", follows: found.effects.map((one) => workOfEffect(work, job, one)) };
}

async function effects({
  work,
  job,
  hooks,
  source,
  signal,
}: Attempt): Promise<{ readonly effects: readonly HookEffect[] } | { readonly problem: string }> {
  const { changeId, record: trigger, old, operation } = hookPayload(work).change;
  assert(trigger !== undefined, "work whose records are still to be found has the one that triggers it");
  const resolved = await resolveNeeds(hooks, job, { trigger, source, signal });
  if ("problem" in resolved) return resolved;
  const before = operation === "delete" ? trigger : old;
  const made = fanOut(job, { changeId, trigger, old: before, records: resolved.records });
  return "problems" in made ? { problem: made.problems.join("; ") } : made;
}

/** An attempt that was begun before is found by its job's id, and is not performed again. */
async function performed(attempt: Attempt, parameters: JsonObject): Promise<AttemptEnd> {
  const { work, job, runner, signal, chance } = attempt;
  const asked = jobOf(attempt, parameters);
  const submitted = await runner.submit(asked, { only: job.capabilities });
  const cut = (): void => {
    const cancellation = { cancelledBy: WORKER, reason: "the workers stopped, and had waited for it long enough" };
    runner.cancel(asked.jobId, cancellation).catch(() => undefined); // it has ended meanwhile
  };
  signal.addEventListener("abort", cut, { once: true });
  try {
    const result = await submitted.result;
    if (result.finalStatus === "COMPLETED") return { kind: "completed", follows: [] };
    return failed(work, job, { ...failureOf(result), chance: chance() });
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

function jobOf({ work: { id, attempts }, job, timeoutSeconds: usual }: Attempt, parameters: JsonObject): Job {
  const { name, effect: stepType, timeoutSeconds = usual } = job;
  return {
    jobId: `${id}-a${attempts}`,
    attemptOf: id,
    contractId: `hook.${name}`,
    executedBy: WORKER,
    steps: [{ stepIndex: 0, stepType, target: "", parameters, timeoutSeconds }],
  };
}

function failureOf({ stepResults, stepsInDoubt, finalStatus, finalReason }: ExecutionResult): {
  readonly errorClass: ErrorClass;
  readonly message: string;
} {
  if (stepsInDoubt.length > 0) {
    const message = "the server died while it was performed; whether it took effect is not known";
    return { errorClass: "in_doubt", message };
  }
  const last = stepResults.at(-1);
  if (last?.status === "FAILED")
    return { errorClass: last.errorClass ?? "unknown", message: last.error ?? finalReason };
  return { errorClass: finalStatus === "CANCELLED" ? "cancelled" : "unknown", message: finalReason };
}

function failed(
  { attempts }: Work,
  job: HookJob,
  { chance, ...error }: { readonly errorClass: ErrorClass; readonly message: string; readonly chance: number },
): AttemptEnd {
  const { errorClass, message } = error;
  const { retry } = job;
  const attempt = { attempt: attempts - 1, errorClass, exitCode: undefined, elapsedMs: 0 };
  const verdict = decideRetry(retry, attempt, chance);
  if (verdict.retry) return { kind: "failed", error, delayMs: verdict.delayMs, maxAttempts: retry.maxAttempts };
  return withAllowed(dead(errorClass, `${message} (${verdict.why})`), job);
}

/** What a job may do is told with what it came to, so that who reads of a violation sees both. */
function withAllowed(end: Extract<AttemptEnd, { readonly kind: "dead" }>, { capabilities }: HookJob): AttemptEnd {
  return { ...end, allowed: [...capabilities] };
}

function dead(errorClass: ErrorClass, message: string): Extract<AttemptEnd, { readonly kind: "dead" }> {
  return { kind: "dead", error: { errorClass, message } };
}

function notDeclared({ name, effect, capabilities }: HookJob): string {
  const granted = [...capabilities].join(", ") || "none";
  return `the job ${name} comes to ${effect}, which is not among its capabilities (${granted})`;
}
