import { isBlobReference } from "../../encode.ts";
import type { Json } from "#model";
import { named, shown } from "../problems.ts";
import type { SaidRecord } from "../said-record.ts";
import { isSeq } from "../said-record.ts";
import type { Declared, DeclaredStep, TellBreach } from "./attempt-laws.ts";

/** A job as an inline plan declares it. */
export interface DeclaredJob {
  readonly needs: readonly string[];
  /** Undefined = the plan does not say them. */
  readonly steps: readonly DeclaredStep[] | undefined;
  /** Whether a person has to approve before it starts. */
  readonly isGated: boolean;
}

/** What `run.created` declares; what is not known is not held against the records that follow. */
export interface DeclaredRun {
  readonly runId: string;
  /** Whether it is the run of a plan: then each attempt at a job says its own steps and has an id of a fixed form. */
  readonly isPlan: boolean;
  /** Undefined = not said. */
  readonly keys: ReadonlySet<string> | undefined;
  /** By key; none if the plan lies beside the log. */
  readonly jobs: ReadonlyMap<string, DeclaredJob>;
  /** Steps of the only job of a run that is no plan. */
  readonly only: Declared;
}

/** What is held against a log whose first record is not known. */
export const NOTHING_DECLARED: DeclaredRun = {
  runId: "",
  isPlan: false,
  keys: undefined,
  jobs: new Map(),
  only: { count: undefined, steps: undefined },
};

/** Reads `run.created`, and names where it contradicts itself. */
export function declaredRun(created: SaidRecord, tell: TellBreach): DeclaredRun {
  const { run_id: runId, steps_declared: count, plan, job_keys: said, job_id: jobId } = created;
  const steps = stepsOf(plan);
  if (isSeq(count) && steps !== undefined && steps.length !== count)
    tell("WRONG_VERDICT", `steps_declared is ${count}, and the plan has ${steps.length} steps`);
  const inline = listOf(plan, "jobs");
  const isBeside = isBlobReference(plan as Json | undefined) && !isSeq(count) && jobId === undefined; // it came out of JSON
  const isPlan = inline !== undefined || isBeside;
  const keys = Array.isArray(said) ? said.map(named) : undefined;
  const jobs = new Map((inline ?? []).map((job) => [named(memberOf(job, "key")), declaredJob(job)]));
  if (isPlan) checkKeys(keys, inline, tell);
  const isOne = keys === undefined || keys.length === 1;
  return {
    runId: named(runId),
    isPlan,
    keys: keys === undefined ? undefined : new Set(keys),
    jobs,
    only: isOne && !isPlan ? { count: isSeq(count) ? count : undefined, steps } : NOTHING_DECLARED.only,
  };
}

function checkKeys(
  keys: readonly string[] | undefined,
  inline: readonly unknown[] | undefined,
  tell: TellBreach,
): void {
  if (keys === undefined) return tell("WRONG_VERDICT", "the run of a plan does not say its job_keys");
  const colon = keys.find((key) => key.includes(":"));
  if (colon !== undefined) tell("WRONG_VERDICT", `the job key ${shown(colon)} has a colon, which no declared job has`);
  if (new Set(keys).size !== keys.length) tell("WRONG_VERDICT", "job_keys names a job twice");
  const planned = inline?.map((job) => named(memberOf(job, "key")));
  const isSame =
    planned === undefined || (planned.length === keys.length && planned.every((key, at) => key === keys[at]));
  if (!isSame) tell("WRONG_VERDICT", "job_keys are not the keys of the plan's jobs");
}

function declaredJob(job: unknown): DeclaredJob {
  return {
    needs: (listOf(job, "needs") ?? []).map(named),
    steps: stepsOf(job),
    isGated: memberOf(job, "gate") === "manual",
  };
}

function stepsOf(value: unknown): readonly DeclaredStep[] | undefined {
  return listOf(value, "steps")?.map((step) => (typeof step === "object" && step !== null ? step : {}));
}

function listOf(value: unknown, name: string): readonly unknown[] | undefined {
  const member = memberOf(value, name);
  return Array.isArray(member) ? member : undefined;
}

/** A member of a value that may be anything. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name]; // looked at as unknown
}

/** The job that a job belongs to which no plan declares: it undoes that one, or finds out what became of it. */
export function derivedFrom(key: string): { readonly base: string; readonly kind: "compensate" | "probe" } | undefined {
  const at = key.lastIndexOf(":");
  const kind = key.slice(at + 1);
  return at > 0 && (kind === "compensate" || kind === "probe") ? { base: key.slice(0, at), kind } : undefined;
}

/** Whether a job may have records in this run: it is declared, or belongs to one that is. */
export function isKnownJob({ keys, isPlan }: DeclaredRun, key: string): boolean {
  if (keys === undefined || keys.has(key)) return true;
  const base = isPlan ? derivedFrom(key)?.base : undefined;
  return base !== undefined && keys.has(base);
}
