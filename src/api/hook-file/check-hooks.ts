import { conditionVariables } from "#orchestration";
import type { ChangeOperation, Entity, Hook } from "#model";
import type { JobScope } from "./check-jobs.ts";
import { entityOf } from "./check-jobs.ts";
import { speaksOfOld } from "./check-texts.ts";
import { unknownName } from "./file-parts.ts";
import type { HookFileHook } from "./hook-schema.ts";

const OPERATIONS = ["create", "update", "delete"] as const satisfies readonly ChangeOperation[];
const FORM = "expected ENTITY.after_create, ENTITY.after_update or ENTITY.after_delete";

/** A hook of a file; undefined if its name says nothing. What is wrong with it is told. */
export function checkedHook(name: string, written: HookFileHook, scope: JobScope): Hook | undefined {
  const moment = momentOf(name, scope);
  if (moment === undefined) return undefined;
  const hook: { readonly when?: string | undefined; readonly jobs: readonly string[] } =
    "jobs" in written ? written : { jobs: written };
  const keys = ["hooks", name, ...("jobs" in written ? ["jobs"] : [])];
  const entity = entityOf(moment.entity, ["hooks", name], scope);
  for (const [at, job] of hook.jobs.entries()) {
    if (hook.jobs.indexOf(job) !== at) scope.parts.tell([...keys, at], `names ${job} twice`);
    checkJob(job, [...keys, at], { ...moment, scope });
  }
  if (hook.when !== undefined && entity !== undefined)
    checkCondition(hook.when, ["hooks", name, "when"], { ...moment, entity, scope });
  return { name, ...moment, condition: hook.when, jobs: hook.jobs };
}

interface Moment {
  readonly entity: string;
  readonly operation: ChangeOperation;
}

function momentOf(name: string, { parts }: JobScope): Moment | undefined {
  const [, entity = "", timing = "", word = ""] = /^([^.]*)\.(before|after)_([a-z_]*)$/.exec(name) ?? [];
  const operation = OPERATIONS.find((one) => one === word);
  if (timing === "after" && operation !== undefined) return { entity, operation };
  const before = timing === "before" ? "would run before the change; hooks run after it was committed only: " : "";
  parts.tell(["hooks", name], `${before}${FORM}`);
  return undefined;
}

function checkJob(
  name: string,
  keys: readonly PropertyKey[],
  { entity, operation, scope }: Moment & { readonly scope: JobScope },
): void {
  const { jobs, tell } = scope.parts;
  if (!jobs.has(name)) tell(keys, unknownName("job", name, { known: jobs.keys() }));
  const job = jobs.get(name);
  if (job === undefined) return;
  if (job.input !== entity) tell(keys, `names ${name}, whose input is ${job.input}, and not ${entity}`);
  if (operation === "create" && speaksOfOld(job.with))
    tell(keys, `names ${name}, whose with holds \${old.…}; before a create there was no record`);
}

function checkCondition(
  condition: string,
  keys: readonly PropertyKey[],
  {
    entity,
    operation,
    scope,
  }: { readonly entity: Entity; readonly operation: ChangeOperation; readonly scope: JobScope },
): void {
  const variables = new Map(conditionVariables(operation).map((name) => [name, entity]));
  const compiled = scope.expressions.compileExpression(condition, variables);
  for (const problem of "problems" in compiled ? compiled.problems : []) scope.parts.tell(keys, problem);
}
