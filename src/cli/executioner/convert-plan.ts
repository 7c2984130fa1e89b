import type { LocatedDocument } from "#document";
import type { Json, JsonObject } from "#model";
import { convertInherited, convertVariables, referredNames } from "./convert-environment.ts";
import { convertJob, convertTimeout, textsOf } from "./convert-job.ts";
import type { ConvertedJob } from "./convert-job.ts";
import { jobKeys } from "./job-keys.ts";
import { tellMail } from "./mail.ts";
import { isMap, Source } from "./source.ts";
import type { Notes } from "./source.ts";

/** Limit on a command where the file names none, in seconds. */
const USUAL_TIMEOUT_SECONDS = 10_800;
const WORKERS = 256;

/** A plan file, made of a file of Executioner. */
export interface Conversion {
  /** The members of the plan; its jobs are a `Map`, which keeps their order. */
  readonly plan: Readonly<Record<string, Json | ReadonlyMap<string, JsonObject>>>;
  readonly notes: Notes;
}

/** What becomes of settings that concern all jobs and have no counterpart. */
const WHY_LEFT_OUT: Readonly<Record<string, string>> = {
  log_dir: "has no counterpart and was left out: outputs are evidence, which `verbatim show` reads",
  security_policy: "has no counterpart and was left out: what may run is said by the server's configuration",
  dependency_plugins: "has no counterpart and was left out: a job waits for jobs alone",
  database: "has no counterpart and was left out: the server keeps its own store",
};

/** Converts a file of Executioner. With any problem among the notes there is no plan to be used. */
export function convertPlan(file: string, document: LocatedDocument): Conversion {
  const notes: Notes = { leftOut: [], changed: [], problems: [] };
  const context = { file, document, notes };
  const all = new Source(isMap(document.value) ? document.value : {}, [], context);
  const jobs = jobKeys(all);
  const keys = new Map(jobs.map(({ id, key }) => [id, key]));
  const converted = jobs.map(({ key, job }) => [key, convertJob({ all, job, keys })] as const);
  const head = convertHead(all, converted);
  tellMail(all);
  all.tellRest((name) => WHY_LEFT_OUT[name] ?? "is not known and was left out");
  return { plan: { ...head, jobs: new Map(converted.map(([key, { job }]) => [key, job])) }, notes };
}

function convertHead(all: Source, jobs: readonly (readonly [string, ConvertedJob])[]): JsonObject {
  const name = all.text("application_name");
  if (name === undefined) all.changed(["application_name"], 'is missing; the plan is called "imported"');
  const directory = all.text("working_dir");
  const environment = convertVariables(all);
  const inherited = convertInherited(all, unsetNames(environment, jobs));
  return {
    name: name ?? "imported",
    max_workers: convertWorkers(all),
    ...(directory !== undefined && { working_directory: directory }),
    ...(inherited.length > 0 && { inherit_env: inherited }),
    ...(Object.keys(environment).length > 0 && { environment }),
    ...(convertShell(all, jobs) && { allow_shell: true }),
    defaults: { step_timeout_seconds: convertTimeout(all, "default_timeout") ?? USUAL_TIMEOUT_SECONDS },
  };
}

/** Executioner runs one job after the other unless it is told to run several. */
function convertWorkers(all: Source): number {
  const parallel = all.flag("parallel") ?? false;
  const workers = all.number("max_workers") ?? 1;
  if (!parallel) {
    if (workers > 1) all.changed(["max_workers"], "says nothing without parallel; the plan runs one job at a time");
    return 1;
  }
  const near = Math.min(WORKERS, Math.max(1, Math.floor(workers)));
  if (near !== workers)
    all.leftOut(["max_workers"], `is ${workers}; a plan has 1 to ${WORKERS}, and so it has ${near}`);
  return near;
}

/** Whether the plan leaves commands to a shell: only if one needs it. */
function convertShell(all: Source, jobs: readonly (readonly [string, ConvertedJob])[]): boolean {
  const allowed = all.flag("allow_shell");
  const needed = jobs.some(([, { shell }]) => shell);
  if (needed && allowed === false)
    all.leftOut(["allow_shell"], "is false, and commands need a shell: the plan cannot run until they are rewritten");
  return needed && allowed !== false;
}

/** The names that the file refers to and does not set: they were found in the shell. */
function unsetNames(environment: JsonObject, jobs: readonly (readonly [string, ConvertedJob])[]): readonly string[] {
  const set = new Set([
    ...Object.keys(environment),
    ...jobs.flatMap(([, { job }]) => Object.keys((job["environment"] ?? {}) as object)), // made by convertVariables
  ]);
  const texts = [...textsOf(environment), ...jobs.flatMap(([, job]) => job.texts)];
  return referredNames(texts).filter((name) => !set.has(name));
}
