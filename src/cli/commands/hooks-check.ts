import { readHooks } from "#api";
import type { Hook, HookJob, HookSet, JsonObject } from "#model";
import { Fault, HOOK_LIMITS } from "#model";
import { EXIT } from "../exit-codes.ts";
import { givenText } from "../given-text.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** Flags of `hooks check`. */
export interface HooksCheckFlags {
  /** Names of step types that the server has; absent = not checked. */
  readonly stepType?: readonly string[];
}

/**
 * `verbatim hooks check FILE`: what a file of hooks asks for.
 * @throws {Fault} INVALID_REQUEST that lists all that is wrong with it.
 */
export async function hooksCheck(
  path: string,
  flags: HooksCheckFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  const { name, text } = await givenText(path, { what: "file of hooks", bytes: HOOK_LIMITS.fileBytes }, host);
  const { stepType } = flags;
  const read = await readHooks(text, { name, ...(stepType !== undefined && { stepTypes: stepType }) });
  if ("violations" in read)
    throw new Fault("INVALID_REQUEST", `The hooks in ${name} are not valid.`, { violations: read.violations });
  if (json) await stdout.json(`${JSON.stringify(hooksJson(read.value))}\n`);
  else await stdout.write(hooksText(name, read.value));
  return EXIT.succeeded;
}

function hooksJson({ hash, entities, jobs, hooks }: HookSet): JsonObject {
  return {
    hash,
    entities: [...entities.keys()],
    jobs: [...jobs.values()].map((job) => ({
      name: job.name,
      needs: needsOf(job),
      resolved: job.resolved,
      effect: job.effect,
      capabilities: [...job.capabilities],
      max_records: job.maxRecords,
    })),
    hooks: hooks.map(({ name, condition, jobs: asked }) => ({ name, when: condition ?? null, jobs: asked })),
  };
}

function hooksText(name: string, { hash, entities, jobs, hooks }: HookSet): string {
  const head = `${safeText(name)} is valid: ${entities.size} entities, ${jobs.size} jobs, ${hooks.length} hooks.\n`;
  const lines = hooks.map((hook) => `${hookText(hook)}${hook.jobs.map((job) => jobText(jobs.get(job))).join("")}`);
  return `${head}${lines.join("")}sha256 ${hash}\n`;
}

function hookText({ name, condition }: Hook): string {
  return `${safeText(name)}${condition === undefined ? "" : `, when ${safeText(condition)}`}\n`;
}

function jobText(job: HookJob | undefined): string {
  if (job === undefined) return "";
  const filtered = job.filter === undefined ? "" : `, where ${safeText(job.filter)}`;
  return `  ${job.name}: ${job.effect} for each of ${needsOf(job)}${filtered}\n`;
}

function needsOf({ input, needs }: HookJob): string {
  return [input, ...needs].join(".");
}
