import type { Entity, HookJob, JsonObject, RetryPolicy } from "#model";
import { HOOK_LIMITS, LIMITS } from "#model";
import type { Expressions } from "#orchestration";
import type { CheckedEntities } from "./check-entities.ts";
import { checkTexts } from "./check-texts.ts";
import { unknownName } from "./file-parts.ts";
import type { FileParts } from "./file-parts.ts";
import type { HookFileJob } from "./hook-schema.ts";

/** What jobs are checked against. */
export interface JobScope {
  readonly parts: FileParts;
  readonly entities: CheckedEntities;
  readonly expressions: Expressions;
  /** What the server can perform; undefined = not known, and not checked. */
  readonly stepTypes: ReadonlySet<string> | undefined;
}

const DEFAULT_PRIORITY = 5;
const DEFAULT_RECORDS = 1000;
const DEFAULT_ATTEMPTS = 3;

/** A job of a file; what is wrong with it is told. */
export function checkedJob(name: string, job: HookFileJob, scope: JobScope): HookJob {
  const { tell } = scope.parts;
  const input = entityOf(job.input, ["jobs", name, "input"], scope);
  const { needs, resolved } = path(name, job, { ...scope, input });
  const { take: projection } = job;
  checkTaken(name, projection, { tell, resolved });
  checkCapabilities(name, job, scope);
  checkFilter(name, job, { ...scope, input, resolved });
  checkParameters(name, job, { tell, input, resolved });
  return {
    name,
    input: job.input,
    needs,
    resolved: resolved?.name ?? "",
    filter: job.where,
    projection,
    capabilities: new Set(job.capabilities),
    effect: job.effect,
    parameters: (job.with ?? {}) as JsonObject, // read from a text whose values are JSON
    timeoutSeconds: timeoutSeconds(name, job, scope),
    retry: retryOf(job),
    priority: job.priority ?? DEFAULT_PRIORITY,
    maxRecords: job.max_records ?? DEFAULT_RECORDS,
  };
}

/** The entity of this name; undefined if there is none, which is told, or if something is wrong with it. */
export function entityOf(
  name: string,
  keys: readonly PropertyKey[],
  { entities, parts }: Pick<JobScope, "entities" | "parts">,
): Entity | undefined {
  if (!entities.has(name)) parts.tell(keys, unknownName("entity", name, { known: entities.keys() }));
  return entities.get(name);
}

interface Path {
  readonly needs: readonly string[];
  readonly resolved: Entity | undefined;
}

/** Follows `needs` from the job's entity. */
function path(name: string, job: HookFileJob, scope: JobScope & { readonly input: Entity | undefined }): Path {
  const { input, entities, parts } = scope;
  const keys = ["jobs", name, "needs"];
  const [start, ...needs] = (job.needs ?? job.input).split(".");
  if (start !== job.input) {
    parts.tell(keys, `begins with ${start ?? ""}; it has to begin with the job's input, ${job.input}`);
    return { needs, resolved: undefined };
  }
  if (needs.length > HOOK_LIMITS.hops)
    parts.tell(keys, `follows ${needs.length} relations; at most ${HOOK_LIMITS.hops} are followed`);
  let resolved = input;
  for (const hop of needs) {
    if (resolved === undefined) break;
    const relation = resolved.relations.get(hop);
    const written = parts.entities.get(resolved.name)?.relations ?? {};
    if (relation === undefined && !Object.hasOwn(written, hop))
      parts.tell(
        keys,
        unknownName("relation", hop, { known: Object.keys(written), lacks: `which ${resolved.name} does not have` }),
      );
    resolved = relation === undefined ? undefined : entities.get(relation.to);
  }
  return { needs, resolved };
}

interface Found {
  readonly tell: FileParts["tell"];
  readonly resolved: Entity | undefined;
}

function checkTaken(name: string, taken: readonly string[] | undefined, { tell, resolved }: Found): void {
  for (const [at, field] of (taken ?? []).entries()) {
    const keys = ["jobs", name, "take", at];
    if (taken?.indexOf(field) !== at) tell(keys, `names ${field} twice`);
    if (resolved !== undefined && !resolved.fields.has(field))
      tell(
        keys,
        unknownName("field", field, { known: resolved.fields.keys(), lacks: `which ${resolved.name} does not have` }),
      );
  }
}

function checkCapabilities(name: string, { capabilities, effect }: HookFileJob, { parts, stepTypes }: JobScope): void {
  for (const [at, capability] of (capabilities ?? []).entries()) {
    const keys = ["jobs", name, "capabilities", at];
    if (capabilities?.indexOf(capability) !== at) parts.tell(keys, `names ${capability} twice`);
    if (stepTypes !== undefined && !stepTypes.has(capability))
      parts.tell(
        keys,
        unknownName("step type", capability, { known: stepTypes, lacks: "which this server does not know" }),
      );
  }
  if (capabilities?.includes(effect) === true) return;
  const granted =
    capabilities === undefined ? "there is no list of them, which grants nothing" : "it is not among them";
  parts.tell(["jobs", name, "effect"], `is ${effect}, which the job's capabilities do not grant: ${granted}`);
}

function checkFilter(
  name: string,
  { where }: HookFileJob,
  { parts, expressions, input, resolved }: JobScope & { readonly input: Entity | undefined } & Pick<Found, "resolved">,
): void {
  if (where === undefined || input === undefined || resolved === undefined) return;
  const variables = new Map([
    ["record", resolved],
    ["trigger", input],
  ]);
  const compiled = expressions.compileExpression(where, variables);
  for (const problem of "problems" in compiled ? compiled.problems : []) parts.tell(["jobs", name, "where"], problem);
}

function checkParameters(
  name: string,
  { with: parameters = {}, take }: HookFileJob,
  { tell, input, resolved }: Found & { readonly input: Entity | undefined },
): void {
  const keys = ["jobs", name, "with"];
  const bytes = Buffer.byteLength(JSON.stringify(parameters));
  if (bytes > HOOK_LIMITS.parametersBytes)
    tell(keys, `has ${bytes} bytes as JSON; at most ${HOOK_LIMITS.parametersBytes} are allowed`);
  else checkTexts(parameters, keys, { tell, input, resolved, projection: take });
}

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

function timeoutSeconds(name: string, { timeout }: HookFileJob, { parts }: JobScope): number | undefined {
  if (timeout === undefined) return undefined;
  const [, number = "", unit = ""] = /^([\d.]+)(ms|s|m|h)$/.exec(timeout) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? 0);
  if (!(seconds > 0 && seconds <= LIMITS.timeoutSeconds))
    parts.tell(
      ["jobs", name, "timeout"],
      `is ${timeout}; expected more than 0 and at most ${LIMITS.timeoutSeconds / 3600}h`,
    );
  return seconds;
}

function retryOf({ retry = {} }: HookFileJob): RetryPolicy {
  return {
    maxAttempts: retry.attempts ?? DEFAULT_ATTEMPTS,
    on: retry.on ?? ["transient_io", "timeout"],
    baseSeconds: 1,
    factor: 1,
    exponent: 2,
    maxSeconds: 300,
    jitter: 0.1,
  };
}
