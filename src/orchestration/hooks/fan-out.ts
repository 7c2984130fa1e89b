import { digest } from "#evidence";
import type { EntityRecord, HookJob, JsonObject } from "#model";
import { assert } from "#model";
import { mapParameters } from "./map-parameters.ts";
import type { RecordKey, ResolvedRecord } from "./resolve-needs.ts";

/** One effect of a job: the step that is performed for one record. */
export interface HookEffect {
  /** The same for this change, job and record for ever, different for every other; fit to be the id of a job. */
  readonly idempotencyKey: string;
  readonly recordKey: RecordKey;
  readonly stepType: string;
  readonly parameters: JsonObject;
  readonly timeoutSeconds: number | undefined;
}

/** What a job's effects are made of. */
export interface FanOutOptions {
  readonly changeId: string;
  readonly trigger: EntityRecord;
  readonly old: EntityRecord | undefined;
  readonly records: readonly ResolvedRecord[];
}

/** One effect for each record, in their order; or, if there is one that cannot be made, none, and why of each. */
export function fanOut(
  job: HookJob,
  { changeId, trigger, old, records }: FanOutOptions,
): { readonly effects: readonly HookEffect[] } | { readonly problems: readonly string[] } {
  assert(job.capabilities.has(job.effect), "a job performs only what its capabilities grant");
  const effects: HookEffect[] = [];
  const problems: string[] = [];
  for (const { key, record } of records) {
    const mapped = mapParameters(job, { record, trigger, old });
    if ("problem" in mapped) problems.push(`record ${JSON.stringify(key)}: ${mapped.problem}`);
    else
      effects.push({
        idempotencyKey: effectKey(changeId, job.name, key),
        recordKey: key,
        stepType: job.effect,
        parameters: mapped.parameters,
        timeoutSeconds: job.timeoutSeconds,
      });
  }
  return problems.length > 0 ? { problems } : { effects };
}

/** Names the effect of a job on a record because of a change. */
export function effectKey(changeId: string, job: string, recordKey: RecordKey): string {
  return `hook-${digest(JSON.stringify([changeId, job, recordKey]))}`;
}
