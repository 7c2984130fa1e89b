import { z } from "zod";
import { Fault } from "#model";
import type { FieldType, Json, JsonObject, Violation } from "#model";
import { timestampText } from "../record-sources/timestamp-text.ts";
import type { RecordWriter, WriteColumn, WriteTarget } from "../record-writer.ts";
import type { StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { listed, parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure, stopped } from "./failure.ts";

/** A table into which records may be put. */
export interface CreatableEntity extends WriteTarget {
  /** Columns that a step may give, and what each holds. */
  readonly fields: ReadonlyMap<string, FieldType>;
}

/** What `entity.create` is made with. */
export interface EntityCreateOptions {
  /** By name. */
  readonly entities: ReadonlyMap<string, CreatableEntity>;
  readonly writer: RecordWriter;
}

const NAME = "entity.create";
const KEY_CHARACTERS = 256;
/** Names go into the text of the statement, quoted. */
const NAME_FORM = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

const form = parametersForm(
  NAME,
  z.strictObject({
    entity: z.string().min(1).max(64).describe("One of the entities that the configuration lists."),
    record: z
      .record(z.string(), z.json())
      .describe("The columns of the new record that are not left to the database, by name."),
    idempotency_key: z
      .string()
      .min(1)
      .max(KEY_CHARACTERS)
      .optional()
      .describe(
        "A record that has it already is not made again. Default: the step's own, JOB/STEP, which another attempt does not share.",
      ),
  }),
);

/**
 * Makes the step type `entity.create`: adds one record to a database by one statement, in which values are parameters. Only the declared columns of
 * declared entities can be given. A record whose idempotency key is there already is not made again, and the step succeeds.
 *
 * What breaks a rule of the table is `validation_failed`; a database that is not as it was declared, or does not permit it, is `permanent`; no
 * connection is `transient_io`; an entity or column that is not listed is `sandbox_violation` where a job reaches the step all the same.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createEntityCreate({ entities, writer }: EntityCreateOptions): StepType {
  requireEntities(entities);
  return declaredStepType(form, {
    notPermitted: (raw) => [...forbidden(raw, entities), ...misfits(raw, entities)],
    async perform({ entity, idempotency_key: given }, { raw, context, signal }): Promise<StepOutput> {
      const outside = forbidden(raw, entities);
      const target = entities.get(entity);
      if (target === undefined || outside.length > 0) return failure(listed(outside), "sandbox_violation");
      const wrong = misfits(raw, entities);
      if (wrong.length > 0) return failure(listed(wrong), "validation_failed");
      if (signal.aborted) return stopped();
      const idempotencyKey = given ?? context.idempotencyKey;
      const written = await writer.createRecord(target, columnsOf(raw, target), { idempotencyKey, signal });
      if (written.kind === "stopped") return stopped();
      if (written.kind === "refused")
        return failure(`${entity} was not created: ${written.problem}`, written.errorClass);
      return { success: true, output: { entity, key: written.key, created: written.kind === "created" } };
    },
  });
}

type Entities = EntityCreateOptions["entities"];

/** The entity or its columns are not among those that the configuration lists. */
function forbidden({ entity, record }: JsonObject, entities: Entities): readonly Violation[] {
  if (typeof entity !== "string") return []; // said already
  const target = entities.get(entity);
  const known = [...entities.keys()].join(", ");
  if (target === undefined)
    return [{ field: "entity", description: `is none that the server's configuration lists: ${known}` }];
  return Object.keys(recordOf(record))
    .filter((name) => !target.fields.has(name))
    .map((name) => ({
      field: `record.${name}`,
      description: `is no field of ${entity}: ${[...target.fields.keys()].join(", ")}`,
    }));
}

/** Values that are not what their fields were declared to be. */
function misfits({ entity, record, idempotency_key: key }: JsonObject, entities: Entities): readonly Violation[] {
  const target = typeof entity === "string" ? entities.get(entity) : undefined;
  const values = Object.entries(recordOf(record)).flatMap(([name, value]): Violation[] => {
    const type = target?.fields.get(name);
    if (type === undefined || value === null || FITS[type](value)) return [];
    return [
      {
        field: `record.${name}`,
        description: `is no ${type}${type === "timestamp" ? " such as 2026-01-02T03:04:05Z" : ""}`,
      },
    ];
  });
  const isKey = typeof key !== "string" || isText(key);
  return isKey ? values : [...values, { field: "idempotency_key", description: "has a NUL or a lone surrogate" }];
}

const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

const FITS: Readonly<Record<FieldType, (value: Json) => boolean>> = {
  string: isText,
  int: (value) =>
    Number.isSafeInteger(value) ||
    (typeof value === "string" &&
      /^-?\d{1,19}$/.test(value) &&
      BigInt(value) >= INT64.least &&
      BigInt(value) <= INT64.most),
  double: (value) => typeof value === "number",
  bool: (value) => typeof value === "boolean",
  timestamp: (value) => typeof value === "string" && timestampText(value) !== undefined,
  json: (value) => isText(JSON.stringify(value)) && !JSON.stringify(value).includes("\\u0000"),
};

/** Databases have no NUL in a text. */
function isText(value: Json): boolean {
  return typeof value === "string" && value.isWellFormed() && !value.includes("\0");
}

function columnsOf({ record }: JsonObject, { fields }: CreatableEntity): readonly WriteColumn[] {
  return Object.entries(recordOf(record)).flatMap(([name, value]) => {
    const type = fields.get(name);
    return type === undefined ? [] : [{ name, type, value: type === "timestamp" ? instant(value) : value }];
  });
}

function instant(value: Json): Json {
  return typeof value === "string" ? (timestampText(value) ?? value) : value;
}

function recordOf(record: Json | undefined): JsonObject {
  return typeof record === "object" && record !== null && !Array.isArray(record) ? (record as JsonObject) : {}; // no list
}

function requireEntities(entities: Entities): void {
  const violations = [...entities].flatMap(([entity, { table, key, idempotencyColumn, fields }]): Violation[] => {
    const names = [...table.split("."), key, idempotencyColumn, ...fields.keys()].filter(
      (name) => !NAME_FORM.test(name),
    );
    const own = fields.has(idempotencyColumn)
      ? ["has its idempotency_column among its fields, which steps could give then"]
      : [];
    const problems = [
      ...names.map((name) => `has the name ${JSON.stringify(name)}, expected letters, digits and _`),
      ...own,
    ];
    return problems.map((description) => ({ field: `entities.${entity}`, description }));
  });
  if (entities.size === 0) violations.push({ field: "entities", description: "lists none" });
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw new Fault("INVALID_CONFIGURATION", `${NAME} is not configured as it must be: ${list}`, { violations });
}
