import { createHash } from "node:crypto";
import type { ChangeOperation, Entity, FieldType, HookSet } from "#model";

/** Databases for which there is a template. */
export type OutboxDialect = "sqlite" | "postgres";

const EVENTS: readonly (readonly [ChangeOperation, string])[] = [
  ["create", "INSERT"],
  ["update", "UPDATE"],
  ["delete", "DELETE"],
];

/** Of a name in PostgreSQL. */
const NAME_CHARACTERS = 63;
const HASH_CHARACTERS = 12;
/** PostgreSQL hands at most 100 values to a function: a name and a value for each member. */
const MEMBERS = 50;

const TABLE: Readonly<Record<OutboxDialect, string>> = {
  sqlite: `CREATE TABLE IF NOT EXISTS verbatim_outbox (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  change_id TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
  entity TEXT NOT NULL,
  operation TEXT NOT NULL CHECK (operation IN ('create', 'update', 'delete')),
  record TEXT NOT NULL CHECK (json_valid(record)),
  old TEXT CHECK (old IS NULL OR json_valid(old)),
  written_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  problem TEXT
);
`,
  postgres: `CREATE TABLE IF NOT EXISTS verbatim_outbox (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  change_id text NOT NULL UNIQUE DEFAULT gen_random_uuid()::text,
  entity text NOT NULL,
  operation text NOT NULL CHECK (operation IN ('create', 'update', 'delete')),
  record jsonb NOT NULL,
  old jsonb,
  written_at timestamptz NOT NULL DEFAULT now(),
  problem text
);
CREATE OR REPLACE FUNCTION verbatim_outbox_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('verbatim_outbox', ''); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER verbatim_outbox_tell AFTER INSERT ON verbatim_outbox
  FOR EACH STATEMENT EXECUTE FUNCTION verbatim_outbox_tell();
`,
};

/**
 * The SQL that makes an application's outbox, and a trigger for each operation that a hook is declared on: what is written into the
 * entity's table is written into the outbox in the same transaction. It can be run again.
 */
export function outboxSql({ hooks, entities }: HookSet, dialect: OutboxDialect): string {
  const triggers = [...entities.values()].flatMap((entity) =>
    EVENTS.filter(([operation]) =>
      hooks.some((hook) => hook.entity === entity.name && hook.operation === operation),
    ).map(([operation, event]) =>
      dialect === "sqlite" ? sqliteTrigger(entity, operation, event) : postgresTrigger(entity, operation, event),
    ),
  );
  // One transaction: what the application commits meanwhile is never without its trigger.
  const begin = dialect === "sqlite" ? "PRAGMA busy_timeout = 10000;\nBEGIN IMMEDIATE;\n" : "BEGIN;\n";
  return [begin, TABLE[dialect], ...triggers, "COMMIT;\n"].join("\n");
}

function sqliteTrigger(entity: Entity, operation: ChangeOperation, event: string): string {
  const name = triggerName(entity, operation);
  const record = sqliteRecord(entity, operation === "delete" ? "OLD" : "NEW");
  const old = operation === "update" ? sqliteRecord(entity, "OLD") : "NULL";
  return `DROP TRIGGER IF EXISTS ${name};
CREATE TRIGGER ${name} AFTER ${event} ON ${tableName(entity)} FOR EACH ROW BEGIN
  INSERT INTO verbatim_outbox (entity, operation, record, old) VALUES
    (${text(entity.name)}, '${operation}', ${record}, ${old});
END;
`;
}

function sqliteRecord({ fields }: Entity, row: "NEW" | "OLD"): string {
  const members = [...fields].map(([field, type]) => `${text(field)}, ${sqliteValue(`${row}.${quoted(field)}`, type)}`);
  return `json_object(${members.join(", ")})`;
}

/** Whole numbers that a JavaScript number cannot hold are told as texts of their digits. */
function sqliteValue(column: string, type: FieldType): string {
  if (type === "int")
    return `iif(${column} BETWEEN -9007199254740991 AND 9007199254740991, ${column}, CAST(${column} AS TEXT))`;
  if (type === "bool") return `json(iif(${column} IS NULL, 'null', iif(${column}, 'true', 'false')))`;
  if (type === "timestamp") return sqliteTimestamp(column);
  return type === "json" ? `json(ifnull(${column}, 'null'))` : column;
}

/** As of RFC 3339 in UTC, with the digits of its fraction where it needs no reckoning; what is no time is told as it is. */
function sqliteTimestamp(column: string): string {
  const reckoned = `length(${column}) < 19 OR ${column} GLOB '*[+-][0-9][0-9]:[0-9][0-9]'`;
  return `CASE WHEN julianday(${column}) IS NULL OR ${column} NOT GLOB '[0-9][0-9][0-9][0-9]-*' THEN ${column}
      WHEN ${reckoned} THEN strftime('%Y-%m-%dT%H:%M:%fZ', ${column})
      ELSE replace(rtrim(${column}, 'Z'), ' ', 'T') || 'Z' END`;
}

function postgresTrigger(entity: Entity, operation: ChangeOperation, event: string): string {
  const name = triggerName(entity, operation);
  const record = postgresRecord(entity, operation === "delete" ? "OLD" : "NEW");
  const old = operation === "update" ? postgresRecord(entity, "OLD") : "NULL";
  return `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql
  SET search_path FROM CURRENT SET TimeZone = 'UTC' AS $$
BEGIN
  INSERT INTO verbatim_outbox (entity, operation, record, old) VALUES
    (${text(entity.name)}, '${operation}', ${record}, ${old});
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER ${name} AFTER ${event} ON ${tableName(entity)}
  FOR EACH ROW EXECUTE FUNCTION ${name}();
`;
}

function postgresRecord({ fields }: Entity, row: "NEW" | "OLD"): string {
  const members = [...fields].map(
    ([field, type]) => `${text(field)}, ${postgresValue(`${row}.${quoted(field)}`, type)}`,
  );
  const parts = Array.from({ length: Math.ceil(members.length / MEMBERS) }, (_, at) =>
    members.slice(at * MEMBERS, (at + 1) * MEMBERS),
  );
  return parts.map((part) => `jsonb_build_object(${part.join(", ")})`).join(" || ");
}

function postgresValue(column: string, type: FieldType): string {
  if (type === "int")
    return `CASE WHEN abs(${column}::numeric) > 9007199254740991 THEN to_jsonb(${column}::text) ELSE to_jsonb(${column}) END`;
  if (type === "timestamp") return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return type === "string" ? `${column}::text` : column;
}

/** A name that PostgreSQL would cut off, and take for another one's, ends with a hash. */
function triggerName({ name }: Entity, operation: ChangeOperation): string {
  const whole = `verbatim_${name}_${operation}`;
  if (whole.length <= NAME_CHARACTERS) return quoted(whole);
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, HASH_CHARACTERS);
  return quoted(`${whole.slice(0, NAME_CHARACTERS - HASH_CHARACTERS - 1)}_${hash}`);
}

function tableName({ table }: Entity): string {
  return table.split(".").map(quoted).join(".");
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
