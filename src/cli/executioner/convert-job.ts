import { needsShell } from "#api";
import type { Json, JsonObject } from "#model";
import { convertChecks } from "./convert-checks.ts";
import { convertVariables } from "./convert-environment.ts";
import { convertRetry } from "./convert-retry.ts";
import { tellMail } from "./mail.ts";
import type { Source } from "./source.ts";

/** Longest limit of a step, in seconds. */
const TIMEOUT_SECONDS = 86_400;

/** What a job is converted with. */
export interface JobScope {
  /** The whole file. */
  readonly all: Source;
  readonly job: Source;
  /** The keys of all jobs by the ids that they had. */
  readonly keys: ReadonlyMap<string, string>;
}

/** A job, and whether its command means what it says only where a shell reads it. */
export interface ConvertedJob {
  readonly job: JsonObject;
  readonly shell: boolean;
  /** The texts in which variables can be referred to. */
  readonly texts: readonly string[];
}

/** Converts one job. Its id is its key already. */
export function convertJob({ all, job, keys }: JobScope): ConvertedJob {
  const description = job.text("description");
  const needs = convertNeeds(job, keys);
  const command = job.text("command");
  if (command === undefined) job.problem(["command"], "is missing, or is no text; a job has to have one");
  const shell = command === undefined || command.trim() === "" ? undefined : needsShell(command);
  if (shell !== undefined) job.changed(["command"], `${shell}; it is left to a shell, by allow_shell: true`);
  const preChecks = convertChecks(job, "pre_checks");
  const postChecks = convertChecks(job, "post_checks");
  const retry = convertRetry({ all, job });
  const continueOnError = job.flag("continue_on_error");
  const environment = convertVariables(job);
  const converted: JsonObject = {
    ...(description !== undefined && { description }),
    ...(needs.length > 0 && { needs }),
    ...whatIsDone(job, command ?? ""),
    ...(preChecks.length > 0 && { pre_checks: preChecks }),
    ...(postChecks.length > 0 && { post_checks: postChecks }),
    ...(retry !== undefined && { retry }),
    ...(continueOnError !== undefined && { continue_on_error: continueOnError }),
    ...(Object.keys(environment).length > 0 && { environment }),
  };
  tellMail(job);
  job.tellRest();
  return {
    job: converted,
    shell: shell !== undefined,
    texts: textsOf([command ?? "", environment, preChecks, postChecks]),
  };
}

/** The command as the job's one step. The limit is that of the command, not of the checks around it. */
function whatIsDone(job: Source, written: string): JsonObject {
  const empty = written.trim() === "";
  if (empty) job.changed(["command"], "is empty; the plan runs true, which does nothing and succeeds");
  const command = empty ? "true" : written;
  const timeout = convertTimeout(job, "timeout");
  return timeout === undefined ? { command } : { steps: [{ command, timeout_seconds: timeout }] };
}

/** A limit in seconds that a plan can have; undefined if there is none. */
export function convertTimeout(source: Source, name: string): number | undefined {
  const seconds = source.number(name);
  if (seconds === undefined || (seconds > 0 && seconds <= TIMEOUT_SECONDS)) return seconds;
  if (seconds > TIMEOUT_SECONDS) {
    source.leftOut([name], `is ${seconds}; a plan has at most ${TIMEOUT_SECONDS}, and so it has these`);
    return TIMEOUT_SECONDS;
  }
  source.leftOut([name], `is ${seconds}, which is no limit, and was left out`);
  return undefined;
}

function convertNeeds(job: Source, keys: ReadonlyMap<string, string>): readonly string[] {
  return job.list("dependencies").flatMap((id, at) => {
    const key = typeof id === "string" ? keys.get(id) : undefined;
    if (key !== undefined) return [key];
    // Without it the job would start too early: that is no plan to be run.
    job.problem(
      ["dependencies", at],
      `is ${JSON.stringify(id)}, and there is no job with this id; correct it, or take it away`,
    );
    return [];
  });
}

/** All texts in a value. */
export function textsOf(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value as object).flatMap((one: Json) => textsOf(one)); // JSON: so are its members
}
