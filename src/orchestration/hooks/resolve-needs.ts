import type { RecordSource } from "#effects";
import type { Entity, EntityRecord, FieldType, HookJob, Json } from "#model";
import { Fault, HOOK_LIMITS } from "#model";
import { applyFilter } from "./apply-filter.ts";
import type { CompiledHooks } from "./compile-hooks.ts";
import { entityOf } from "./compile-hooks.ts";
import type { Hop } from "./needs-queries.ts";
import { needsQueries } from "./needs-queries.ts";
import { project } from "./project.ts";

/** The value of a record's key: a whole number that a JavaScript number cannot hold is a text of its digits. */
export type RecordKey = string | number;

/** A record that a job is about. */
export interface ResolvedRecord {
  readonly key: RecordKey;
  /** What the effect gets to see of it. */
  readonly record: EntityRecord;
}

/** The records that a job is about, by key, each once; or why it cannot be told, which another attempt would not change. */
export type ResolvedNeeds = { readonly records: readonly ResolvedRecord[] } | { readonly problem: string };

/** What a job's needs are resolved with. */
export interface ResolveNeedsOptions {
  readonly trigger: EntityRecord;
  readonly source: RecordSource;
  readonly signal: AbortSignal;
}

/**
 * Finds the records that a job is about: follows `needs` from the triggering record, filters, projects.
 * @throws {Fault} SOURCE_UNAVAILABLE, NOT_CONFIGURED or CANCELLED as the source says; INVALID_CONFIGURATION if the job is not of these hooks.
 */
export async function resolveNeeds(
  hooks: CompiledHooks,
  job: HookJob,
  { trigger, source, signal }: ResolveNeedsOptions,
): Promise<ResolvedNeeds> {
  const entity = entityOf(hooks.set, job.resolved);
  try {
    let found: readonly EntityRecord[] = [trigger];
    for (const hop of needsQueries(hooks.set, job)) found = await follow(hop, found, { source, signal });
    const keyed = byKey(found, entity);
    const passed = await filtered([...keyed.values()], { hooks, job, trigger, signal });
    if (passed.length > job.maxRecords)
      return { problem: `leads to ${passed.length} records; max_records allows ${job.maxRecords}` };
    return {
      records: passed.map((record) => ({
        key: keyValue(record, { entity, field: entity.key }) ?? "",
        record: project(record, entity, job.projection),
      })),
    };
  } catch (error) {
    if (error instanceof UnresolvedError) return { problem: error.message };
    if (error instanceof Fault && error.code === "LIMIT_EXCEEDED") return { problem: error.message };
    throw error;
  }
}

class UnresolvedError extends Error {
  override readonly name = "UnresolvedError";
}

async function follow(
  { from, to, looksFor, query }: Hop,
  records: readonly EntityRecord[],
  { source, signal }: Pick<ResolveNeedsOptions, "source" | "signal">,
): Promise<readonly EntityRecord[]> {
  const values = new Set<RecordKey>();
  for (const record of records) {
    const value = keyValue(record, { entity: from, field: looksFor });
    if (value !== null) values.add(value);
  }
  if (values.size === 0) return [];
  const found = await source.readRecords(query, { values: [...values], maxRecords: HOOK_LIMITS.records, signal });
  return [...byKey(found, to).values()];
}

/** Each record once, in the order of the keys: the same records give the same order, whatever the database does. */
function byKey(records: readonly EntityRecord[], entity: Entity): ReadonlyMap<RecordKey, EntityRecord> {
  const keyed = records.map((record) => {
    const key = keyValue(record, { entity, field: entity.key });
    if (key === null) throw new UnresolvedError(`a record of ${entity.name} has no key: ${entity.key} is NULL`);
    return [key, record] as const;
  });
  return new Map(keyed.toSorted(([one], [other]) => compareKeys(one, other, entity.fields.get(entity.key))));
}

function compareKeys(one: RecordKey, other: RecordKey, type: FieldType | undefined): number {
  const [left, right] = type === "int" ? [BigInt(one), BigInt(other)] : [one, other];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The value of a key, or of what leads to one; null = it leads nowhere. What the change does not tell is not taken for that. */
function keyValue(
  record: EntityRecord,
  { entity, field }: { readonly entity: Entity; readonly field: string },
): RecordKey | null {
  const value = Object.hasOwn(record, field) ? record[field] : undefined;
  if (value === null) return null;
  if (value === undefined) throw new UnresolvedError(`the record of ${entity.name} does not tell ${field}`);
  const key = entity.fields.get(field) === "int" ? wholeNumber(value) : typeof value === "string" ? value : undefined;
  if (key === undefined)
    throw new UnresolvedError(`${field} of the record of ${entity.name} is no ${entity.fields.get(field) ?? "field"}`);
  return key;
}

/** In the one form that it has: a number where it fits. */
function wholeNumber(value: Json): RecordKey | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "string" || !/^-?\d{1,19}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value).toString();
}

/** Records that are filtered without a pause. */
const SLICE = 200;

async function filtered(
  records: readonly EntityRecord[],
  {
    hooks,
    job,
    trigger,
    signal,
  }: { readonly hooks: CompiledHooks; readonly job: HookJob } & Pick<ResolveNeedsOptions, "trigger" | "signal">,
): Promise<readonly EntityRecord[]> {
  const passed: EntityRecord[] = [];
  for (let at = 0; at < records.length; at += SLICE) {
    if (signal.aborted) throw new Fault("CANCELLED", "The filtering of records was cancelled.");
    const result = applyFilter(hooks.filters.get(job.name), records.slice(at, at + SLICE), trigger);
    if ("problem" in result) throw new UnresolvedError(`the filter cannot be evaluated: ${result.problem}`);
    passed.push(...result.records);
    await new Promise<void>((resume) => void setImmediate(resume)); // others get their turn
  }
  return passed;
}
