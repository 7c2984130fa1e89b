import { RE2JS } from "re2js";
import type { Json, JsonObject, Violation } from "#model";

/** A check of parameters that was made of a provider's JSON Schema: it runs here, whatever has become of the provider. */
export interface ParameterSchema {
  /** The schema as it is published. */
  readonly jsonSchema: JsonObject;
  /** All problems; none = fine. Never throws. */
  check(parameters: JsonObject): readonly Violation[];
}

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
const DEPTH = 16;
const NODES = 1000;
const SCHEMA_CHARACTERS = 65_536;
const PATTERN_CHARACTERS = 1000;
const VIOLATIONS = 100;

/** Finds what is wrong with a value and tells it. */
type Check = (value: Json, field: string, tell: (field: string, description: string) => void) => void;

/** Says nothing about which values are fine. */
const NOTES: ReadonlySet<string> = new Set(["$schema", "title", "description", "default", "examples"]);

/**
 * Makes the check of a JSON Schema (draft 2020-12) of an object. Known are `type`, `enum`, `const`, `properties`, `required`, `additionalProperties` (true or
 * false; absent = false), `items`, `minItems`, `maxItems`, `minLength`, `maxLength`, `pattern` (RE2), `minimum`, `maximum`, and what only
 * describes. Any other word is refused, for it could not be kept.
 */
export function compileParameterSchema(schema: JsonObject): ParameterSchema | { readonly problem: string } {
  try {
    const characters = JSON.stringify(schema).length;
    if (characters > SCHEMA_CHARACTERS)
      throw new SchemaProblem("", `has ${characters} characters, expected at most ${SCHEMA_CHARACTERS}`);
    const { $schema: dialect = DIALECT, type } = schema;
    if (dialect !== DIALECT) throw new SchemaProblem("$schema", `is ${JSON.stringify(dialect)}, expected ${DIALECT}`);
    if (type !== "object") throw new SchemaProblem("type", "is not `object`, which parameters are");
    const check = compiled(schema, { at: "", depth: 0, budget: { nodes: NODES } });
    return {
      jsonSchema: { $schema: DIALECT, ...(closed(schema) as JsonObject) }, // of an object
      check(parameters) {
        const violations: Violation[] = [];
        check(parameters, "", (field, description) => {
          if (violations.length < VIOLATIONS) violations.push({ field, description });
        });
        return violations;
      },
    };
  } catch (error) {
    if (error instanceof SchemaProblem) return { problem: error.message };
    throw error;
  }
}

class SchemaProblem extends Error {
  override readonly name = "SchemaProblem";
  constructor(at: string, problem: string) {
    super(at === "" ? `its schema ${problem}` : `${at} of its schema ${problem}`);
  }
}

interface Place {
  readonly at: string;
  readonly depth: number;
  readonly budget: { nodes: number };
}

function compiled(schema: Json | undefined, place: Place): Check {
  const { at, depth, budget } = place;
  budget.nodes -= 1;
  if (depth > DEPTH || budget.nodes < 0)
    throw new SchemaProblem(at, `is nested deeper than ${DEPTH}, or has more than ${NODES} parts`);
  if (!isObject(schema)) throw new SchemaProblem(at, "is no object");
  const checks = Object.entries(schema).flatMap(([word, said]): Check[] => {
    if (NOTES.has(word)) return [];
    const make = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    const where = at === "" ? word : `${at}.${word}`;
    if (make === undefined)
      throw new SchemaProblem(where, "is a word that is not known here, so that it could not be kept");
    return [make(said, { ...place, at: where, depth: depth + 1 })];
  });
  if (isObject(schema["properties"]) || schema["type"] === "object") checks.push(noOthers(schema));
  return (value, field, tell) => {
    for (const check of checks) check(value, field, tell);
  };
}

const WORDS: Readonly<Record<string, (said: Json, place: Place) => Check>> = {
  type: (said, { at }) => {
    const types = typeof said === "string" ? [said] : Array.isArray(said) ? said : [];
    if (types.length === 0 || !types.every((one) => typeof one === "string" && Object.hasOwn(TYPES, one)))
      throw new SchemaProblem(
        at,
        `is ${JSON.stringify(said)}, expected one of ${Object.keys(TYPES).join(", ")}, or a list of them`,
      );
    const fits = types.map((one) => TYPES[String(one)]);
    return when(
      (value) => fits.every((is) => is?.(value) !== true),
      (value) => `is ${kindOf(value)}, expected ${types.join(" or ")}`,
    );
  },
  enum: (said, { at }) => {
    if (!Array.isArray(said) || said.length === 0) throw new SchemaProblem(at, "is no list of values");
    const texts = new Set(said.map((one) => canonical(one)));
    return when(
      (value) => !texts.has(canonical(value)),
      () => `is none of ${JSON.stringify(said)}`,
    );
  },
  const: (said) => {
    const text = canonical(said);
    return when(
      (value) => canonical(value) !== text,
      () => `is not ${JSON.stringify(said)}`,
    );
  },
  properties: (said, place) => {
    if (!isObject(said)) throw new SchemaProblem(place.at, "is no object");
    const checks = Object.entries(said).map(
      ([name, schema]) => [name, compiled(schema, { ...place, at: `${place.at}.${name}` })] as const,
    );
    return (value, field, tell) => {
      if (!isObject(value)) return;
      for (const [name, check] of checks) {
        const member = Object.hasOwn(value, name) ? value[name] : undefined;
        if (member !== undefined) check(member, fieldOf(field, name), tell);
      }
    };
  },
  required: (said, { at }) => {
    if (!Array.isArray(said) || !said.every((one) => typeof one === "string"))
      throw new SchemaProblem(at, "is no list of names");
    return (value, field, tell) => {
      if (!isObject(value)) return;
      for (const name of said) if (!Object.hasOwn(value, name)) tell(fieldOf(field, name), "is missing");
    };
  },
  additionalProperties: (said, { at }) => {
    if (typeof said !== "boolean") throw new SchemaProblem(at, "is neither true nor false");
    return () => undefined; // looked at with the properties
  },
  items: (said, place) => {
    const check = compiled(said, place);
    return (value, field, tell) => {
      if (Array.isArray(value))
        for (const [index, item] of value.entries()) check(item as Json, `${field}[${index}]`, tell); // of JSON
    };
  },
  minItems: bound("items", (value, most) => Array.isArray(value) && value.length < most, "at least"),
  maxItems: bound("items", (value, most) => Array.isArray(value) && value.length > most, "at most"),
  minLength: bound("characters", (value, most) => typeof value === "string" && lengthOf(value) < most, "at least"),
  maxLength: bound("characters", (value, most) => typeof value === "string" && lengthOf(value) > most, "at most"),
  minimum: bound("", (value, most) => typeof value === "number" && value < most, "at least"),
  maximum: bound("", (value, most) => typeof value === "number" && value > most, "at most"),
  pattern: (said, { at }) => {
    if (typeof said !== "string" || said.length > PATTERN_CHARACTERS)
      throw new SchemaProblem(at, `is no pattern of at most ${PATTERN_CHARACTERS} characters`);
    const pattern = patternOf(said, at);
    return when(
      (value) => typeof value === "string" && !pattern.matcher(value).find(),
      () => `does not match ${said}`,
    );
  },
};

const TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  object: isObject,
  array: (value) => Array.isArray(value),
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};

function when(isWrong: (value: Json) => boolean, description: (value: Json) => string): Check {
  return (value, field, tell) => {
    if (isWrong(value)) tell(field, description(value));
  };
}

function bound(unit: string, breaks: (value: Json, most: number) => boolean, side: string) {
  return (said: Json, { at }: Place): Check => {
    if (typeof said !== "number") throw new SchemaProblem(at, "is no number");
    return when(
      (value) => breaks(value, said),
      () => `expected ${side} ${said} ${unit}`.trimEnd(),
    );
  };
}

/** What is not declared is refused, unless the schema says that it may be there. */
function noOthers(schema: JsonObject): Check {
  if (schema["additionalProperties"] === true) return () => undefined;
  const declared = isObject(schema["properties"]) ? schema["properties"] : {};
  return (value, field, tell) => {
    if (!isObject(value)) return;
    for (const name of Object.keys(value))
      if (!Object.hasOwn(declared, name)) tell(fieldOf(field, name), "is not known here");
  };
}

/** The schema with its silence about further members said aloud. */
function closed(schema: Json): Json {
  if (!isObject(schema)) return schema;
  const { properties, items, type } = schema;
  const members = isObject(properties)
    ? Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, closed(one)]))
    : undefined;
  return {
    ...((members !== undefined || type === "object") && { additionalProperties: false }),
    ...schema,
    ...(members !== undefined && { properties: members }),
    ...(items !== undefined && { items: closed(items) }),
  };
}

function patternOf(text: string, at: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    throw new SchemaProblem(at, `is no pattern of RE2: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function kindOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function fieldOf(field: string, name: string): string {
  return field === "" ? name : `${field}.${name}`;
}

/** The same text for the same value, whatever the order of its members. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
