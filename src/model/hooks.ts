import type { Json, JsonObject } from "./json.ts";
import type { RetryPolicy } from "./plan.ts";

/** What a column of an entity holds. */
export type FieldType = "string" | "int" | "double" | "bool" | "timestamp" | "json";

/** How an entity leads to another one. */
export type Relation =
  /** One record at most: `column` of this entity's table holds the key of the other. NULL = none. */
  | { readonly kind: "one"; readonly to: string; readonly column: string }
  /** Any number: `column` of the other entity's table holds the key of this one. */
  | { readonly kind: "many"; readonly to: string; readonly column: string };

/** A table of the application, as hooks speak of it. */
export interface Entity {
  readonly name: string;
  /** Its name in the database; `schema.table` names the schema too. */
  readonly table: string;
  /** Column of the primary key; a field too. */
  readonly key: string;
  /** By name; a column has the name of its field. Any of them may be NULL, but not the key. */
  readonly fields: ReadonlyMap<string, FieldType>;
  readonly relations: ReadonlyMap<string, Relation>;
}

/** A job that hooks may ask for. */
export interface HookJob {
  readonly name: string;
  /** Entity whose record triggers it. */
  readonly input: string;
  /** Names of relations to be followed from the record; empty = the record itself. */
  readonly needs: readonly string[];
  /** Entity that `needs` leads to. */
  readonly resolved: string;
  /** CEL over `record` (of `resolved`) and `trigger` (of `input`, of which it sees all fields); undefined = all. */
  readonly filter: string | undefined;
  /** Fields of `resolved` that the effect gets to see; undefined = all. */
  readonly projection: readonly string[] | undefined;
  /** What it may do at all. Absent in the file = nothing. */
  readonly capabilities: ReadonlySet<string>;
  /** The step type that is performed for each record; one of `capabilities`. */
  readonly effect: string;
  /** Parameters of the step; texts may hold `${record.FIELD}`, `${trigger.FIELD}`, `${old.FIELD}`; `$${` is `${` itself. */
  readonly parameters: JsonObject;
  /** Limit on an attempt; undefined = as long as the server's configuration says. */
  readonly timeoutSeconds: number | undefined;
  readonly retry: RetryPolicy;
  /** 0 to 9. */
  readonly priority: number;
  /** Most records that it may lead to; more fail it. */
  readonly maxRecords: number;
}

export type ChangeOperation = "create" | "update" | "delete";

/** After an operation on an entity these jobs are to run. There is one at most for an operation of an entity. */
export interface Hook {
  /** `ENTITY.after_OPERATION`. */
  readonly name: string;
  readonly entity: string;
  readonly operation: ChangeOperation;
  /** CEL over `new` (not behind a delete) and `old` (not behind a create); undefined = always. */
  readonly condition: string | undefined;
  /** Names of jobs, each once; every one's `input` is the entity. */
  readonly jobs: readonly string[];
}

/** A file of hooks that was checked as a whole. */
export interface HookSet {
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly hash: string;
  readonly entities: ReadonlyMap<string, Entity>;
  readonly jobs: ReadonlyMap<string, HookJob>;
  readonly hooks: readonly Hook[];
}

/**
 * A record of an entity by column: what a database holds, as JSON. A whole number that a JavaScript number cannot hold is a text of its
 * digits, a timestamp is a text as of RFC 3339 in UTC.
 */
export type EntityRecord = Readonly<Record<string, Json>>;

/** A change that an application has committed. */
export interface CommittedChange {
  /** Names the change for ever: the same again is no second one. At most 128 characters. */
  readonly changeId: string;
  readonly entity: string;
  readonly operation: ChangeOperation;
  /** The record after it; before it, for a `delete`. */
  readonly record: EntityRecord;
  /** The record before an `update`, if it is known. */
  readonly old: EntityRecord | undefined;
}
