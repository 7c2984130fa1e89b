import fc from "fast-check";
import type { RecordDraft } from "#evidence";
import { EVENT_TYPES } from "../../../src/evidence/record.ts";
import type { Json, JsonObject } from "#model";

/** Any JSON value, as it comes out of a JSON text: no -0, members of any name. */
export const json: fc.Arbitrary<Json> = fc
  .jsonValue({ stringUnit: "binary", maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);

/** Any JSON object. */
export const jsonObject: fc.Arbitrary<JsonObject> = fc
  .dictionary(fc.string({ unit: "binary", maxLength: 6 }), json, { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

const text = fc.string({ unit: "binary", maxLength: 20 });
const count = fc.nat();
const seconds = fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0);

/** Any draft that does not end a log. */
export const anyDraft: fc.Arbitrary<RecordDraft> = fc.record(
  {
    event_type: fc.constantFrom(...EVENT_TYPES.filter((type) => type !== "run.completed" && type !== "denials.closed")),
    timestamp_utc: text,
    actor: text,
    attempt: count,
    data: jsonObject,
    job_key: fc.option(text, { nil: undefined }),
    job_id: text,
    contract_id: text,
    step_index: count,
    step_type: text,
    target: text,
    status: text,
    error_class: fc.constantFrom("transient_io", "timeout", "in_doubt", "cancelled", "unknown"),
    reason: text,
    idempotency_key: text,
    epoch: count,
    inputs_hash: text,
    output: json,
    late: fc.constantFrom("returned", "threw", "running"),
    duration_seconds: seconds,
    started_at: text,
    health_before: jsonObject,
    health: fc.option(jsonObject, { nil: undefined }),
    health_error: text,
    schema: text,
    executor_version: text,
    steps_declared: count,
    plan_hash: text,
    plan: json,
    job_keys: fc.array(text, { maxLength: 3 }),
    recovery: text,
  },
  { requiredKeys: ["event_type", "timestamp_utc", "actor", "attempt"] },
);
