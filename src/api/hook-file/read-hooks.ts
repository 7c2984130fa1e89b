import { createHash } from "node:crypto";
import { issueProblems, located, locatedDocument } from "#document";
import type { CheckedDocument, LocatedDocument, LocatedProblem } from "#document";
import type { Entity, Hook, HookJob, HookSet } from "#model";
import { HOOK_LIMITS } from "#model";
import { loadExpressions } from "#orchestration";
import { planMessage } from "../plan-file/plan-messages.ts";
import { checkedEntities } from "./check-entities.ts";
import { checkedHook } from "./check-hooks.ts";
import { checkedJob } from "./check-jobs.ts";
import { fileParts } from "./file-parts.ts";
import { hookFileSchema } from "./hook-schema.ts";

/** Levels of nesting around the parameters of a job: the file, its jobs, the job. */
const OUTER_LEVELS = 3;

/** What a file of hooks is read with. */
export interface ReadHooksOptions {
  /** What the file is called. */
  readonly name: string;
  /** Step types that the server can perform; absent = not known, and not checked. */
  readonly stepTypes?: readonly string[];
}

/**
 * Reads hooks from YAML or JSON, and checks everything that can be known before a change comes: names, types, capabilities,
 * conditions, texts. All problems are told at once, each with `name:line`. Never throws.
 */
export async function readHooks(
  text: string,
  { name, stepTypes }: ReadHooksOptions,
): Promise<CheckedDocument<HookSet>> {
  const bytes = Buffer.byteLength(text);
  if (bytes > HOOK_LIMITS.fileBytes) {
    const description = `has ${bytes} bytes; at most ${HOOK_LIMITS.fileBytes} are allowed`;
    return { violations: [{ field: `${name}:1`, description }] };
  }
  const document = locatedDocument(text, { outerLevels: OUTER_LEVELS });
  if (document.problems.length > 0) return { violations: located(name, document.problems) };
  const problems: LocatedProblem[] = [];
  const found = await checkedParts(document, { problems, stepTypes });
  const read = hookFileSchema.safeParse(document.value, { error: planMessage });
  if (read.error !== undefined) problems.push(...issueProblems(read.error.issues, document, hookFileSchema));
  if (problems.length > 0) return { violations: located(name, problems) };
  return { value: { hash: createHash("sha256").update(text).digest("hex"), ...found } };
}

async function checkedParts(
  document: LocatedDocument,
  { problems, stepTypes }: { readonly problems: LocatedProblem[]; readonly stepTypes: readonly string[] | undefined },
): Promise<Omit<HookSet, "hash">> {
  const parts = fileParts(document, problems);
  const entities = checkedEntities(parts);
  const scope = {
    parts,
    entities,
    expressions: await loadExpressions(),
    stepTypes: stepTypes === undefined ? undefined : new Set(stepTypes),
  };
  const jobs = new Map<string, HookJob>();
  for (const [name, job] of parts.jobs) if (job !== undefined) jobs.set(name, checkedJob(name, job, scope));
  const hooks: Hook[] = [];
  for (const [name, written] of parts.hooks) {
    const hook = written === undefined ? undefined : checkedHook(name, written, scope);
    if (hook !== undefined) hooks.push(hook);
  }
  return { entities: new Map([...entities].filter(isSound)), jobs, hooks };
}

function isSound(entry: readonly [string, Entity | undefined]): entry is [string, Entity] {
  return entry[1] !== undefined;
}
