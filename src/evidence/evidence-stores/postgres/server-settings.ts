import { Fault } from "#model";
import type { Violation } from "#model";
import type { Statements } from "./connections.ts";
import { INSERT_ONLY } from "./tables.ts";

const OLDEST_SERVER = 140_000;

/** What a setting has to be, and what it is for. */
const REQUIRED: readonly (readonly [name: string, values: readonly string[], what: string])[] = [
  ["fsync", ["on"], "without it a power cut takes what was told: set fsync = on in postgresql.conf"],
  ["full_page_writes", ["on"], "without it a torn page loses records: set full_page_writes = on in postgresql.conf"],
  [
    "synchronous_commit",
    ["on", "remote_apply"],
    "a commit has to be durable when it is answered: ALTER ROLE ... SET synchronous_commit = on",
  ],
  ["server_encoding", ["UTF8"], "lines are kept byte for byte: make the database with ENCODING 'UTF8'"],
  ["transaction_read_only", ["off"], "records are written: name the primary server, and a role that may write"],
];

/**
 * Looks whether what is committed on this server is durable.
 * @throws {Fault} INVALID_CONFIGURATION with every problem.
 */
export async function requireDurableServer(on: Statements): Promise<void> {
  const names = REQUIRED.map(([name]) => name);
  const { rows } = await on.query<{ name: string; value: string }>(
    "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name",
    [[...names, "server_version_num"]],
  );
  const seen = new Map(rows.map(({ name, value }) => [name, value]));
  const problems: Violation[] = REQUIRED.filter(([name, values]) => !values.includes(seen.get(name) ?? "")).map(
    ([field, values, what]) => ({
      field,
      description: `is ${seen.get(field)}; expected ${values.join(" or ")}: ${what}`,
    }),
  );
  const version = Number(seen.get("server_version_num"));
  if (version < OLDEST_SERVER)
    problems.push({ field: "server_version_num", description: `is ${version}; 14 or newer is needed` });
  refuse("The PostgreSQL server cannot keep evidence", problems);
}

/**
 * Looks whether the triggers that deny changes are there and fire.
 * @throws {Fault} INVALID_CONFIGURATION naming each that does not.
 */
export async function requireDenials(on: Statements, schema: string): Promise<void> {
  const { rows } = await on.query<{ name: string }>(
    `SELECT c.relname || '.' || t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND t.tgenabled = 'A'`,
    [schema],
  );
  const there = new Set(rows.map(({ name }) => name));
  const needed = [...INSERT_ONLY, "claims"].map((table) => `${table}.deny_change`);
  const missing = [...needed, "claims.deny_fall"].filter((name) => !there.has(name));
  const description =
    "the trigger is missing or disabled: somebody could have changed evidence. Verify all logs first.";
  refuse(
    `The tables in the schema ${schema} are not protected`,
    missing.map((field) => ({ field, description })),
  );
}

function refuse(what: string, violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  throw new Fault("INVALID_CONFIGURATION", `${what}:${list}`, { violations });
}
