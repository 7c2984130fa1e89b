import { createHash } from "node:crypto";
import type { RecordDraft } from "#evidence";
import type { Json } from "#model";

// The format of a log, written a second time from its description: what the product writes is held against it.

const MEMBERS = [
  "event_id event_type run_id seq timestamp_utc actor attempt job_key job_id contract_id step_index step_type target",
  "status error_class reason idempotency_key epoch inputs_hash outputs_hash output late duration_seconds started_at",
  "health_before health health_error schema executor_version steps_declared plan_hash plan job_keys recovery data",
]
  .join(" ")
  .split(" ");

/** Base64url SHA-256. */
export function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** RFC 8785 for JSON values. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(",")}]`; // narrowing drops readonly
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

/** The lines of a run whose records these are. */
export function referenceLines(runId: string, drafts: readonly RecordDraft[], newEventId: () => string): string[] {
  let previous = sha256(`evidence/v1\n${runId}`);
  return drafts.map((said, seq) => {
    const reference = said.output as { readonly $blob?: string } | undefined; // only its one member is looked at
    const outputs_hash = said.output === undefined ? undefined : (reference?.$blob ?? sha256(canonical(said.output)));
    const all: Record<string, unknown> = { ...said, event_id: newEventId(), run_id: runId, seq, outputs_hash };
    const body = `{${MEMBERS.filter((name) => all[name] !== undefined)
      .map((name) => `"${name}":${JSON.stringify(all[name])}`)
      .join(",")}}`;
    previous = sha256(`${previous}\n${body}`);
    return `${body.slice(0, -1)},"hash":"${previous}"}`;
  });
}
