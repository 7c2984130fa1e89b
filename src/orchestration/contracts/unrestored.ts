import { canonicalJson } from "#evidence";
import type { Json, Platform } from "#model";
import type { ContractRecord } from "./contract-state.ts";
import { changesSince } from "./journal.ts";

/** Keys that a contract's job, or nobody, has changed and at which there is not again what stood there before. */
export function unrestored({ contract, baseline }: ContractRecord, platform: Platform): readonly string[] {
  const before = new Map<string, Json>();
  for (const change of changesSince(platform, baseline?.journalHead ?? 0)) {
    const isOurs = change.by === null || change.by.startsWith(`${contract.jobId}/`);
    if (isOurs && !before.has(change.key)) before.set(change.key, change.before);
  }
  return [...before].filter(([key, value]) => !isSame(platform.value(key) ?? null, value)).map(([key]) => key);
}

function isSame(one: Json, other: Json): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
