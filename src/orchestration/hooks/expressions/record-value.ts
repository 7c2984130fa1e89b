import type { CelInput } from "@bufbuild/cel";
import type { EntityRecord, FieldType, Json } from "#model";
import { HOOK_LIMITS } from "#model";

/** Makes a timestamp of a text as of RFC 3339. */
export type ReadTimestamp = (text: string) => CelInput;

/** The fields of a record that an expression looks at, as values of CEL. A field that the record does not have is left out. */
export function recordValue(
  record: EntityRecord,
  fields: ReadonlyMap<string, FieldType>,
  readTimestamp: ReadTimestamp,
): ReadonlyMap<string, CelInput> {
  const values = new Map<string, CelInput>();
  for (const [name, type] of fields) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (value !== undefined) values.set(name, fieldValue(value, { name, type, readTimestamp }));
  }
  return values;
}

/** A value cannot be looked at: it is not what its field was declared to be, or too large. */
export class FieldValueError extends Error {
  override readonly name = "FieldValueError";
}

interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly readTimestamp: ReadTimestamp;
}

function fieldValue(value: Json, { name, type, readTimestamp }: Field): CelInput {
  if (value === null) return null;
  const characters = typeof value === "string" ? value.length : type === "json" ? JSON.stringify(value).length : 0;
  if (characters > HOOK_LIMITS.comparedCharacters)
    throw new FieldValueError(
      `${name} has ${characters} characters; an expression looks at ${HOOK_LIMITS.comparedCharacters} at most`,
    );
  if (type === "json") return jsonValue(value);
  if (type === "string" && typeof value === "string") return value;
  if (type === "bool" && typeof value === "boolean") return value;
  if (type === "double" && (typeof value === "number" || isNumberText(value))) return Number(value);
  if (type === "int" && (Number.isSafeInteger(value) || isIntegerText(value))) return BigInt(value as string | number); // one of the two
  if (type === "timestamp" && typeof value === "string") return readTimestamp(value);
  throw new FieldValueError(`${name} is ${JSON.stringify(value).slice(0, 40)}, and was declared as ${type}`);
}

function isIntegerText(value: Json): boolean {
  return typeof value === "string" && /^-?\d{1,19}$/.test(value);
}

/** What databases write for numbers that JSON has not, or that have more digits. */
function isNumberText(value: Json): boolean {
  return typeof value === "string" && /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity)$/.test(value);
}

/** Numbers of JSON are doubles; CEL compares them with whole numbers all the same. */
function jsonValue(value: Json): CelInput {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(jsonValue);
  return new Map(Object.entries(value).map(([name, member]: [string, Json]) => [name, jsonValue(member)]));
}
