import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { Fault } from "#model";
import type { Migration } from "./migrations.ts";

const OWN_TABLES = `
CREATE TABLE IF NOT EXISTS schema_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS migration_history (
  version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL
) STRICT;
INSERT OR IGNORE INTO schema_version VALUES (1, 0);
`;

interface Applied {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
}

/** What is done, and when. */
export interface MigrateOptions {
  readonly path: string;
  readonly migrations: readonly Migration[];
  /** RFC 3339. */
  readonly now: string;
}

/**
 * Brings the tables to the newest version: each migration with its note in one transaction, or not at all.
 * @throws {Fault} INVALID_CONFIGURATION that lists every migration that is another one than was applied, or that this version does not know.
 */
export function migrate(database: DatabaseSync, options: MigrateOptions): void {
  const { migrations, now } = options;
  database.exec(`BEGIN IMMEDIATE; ${OWN_TABLES} COMMIT;`);
  const rows = database.prepare("SELECT version, name, sha256 FROM migration_history ORDER BY version").all();
  const applied = rows as unknown as readonly Applied[]; // the columns that were asked for, in a STRICT table
  requireSame(applied, options);
  const note = database.prepare("INSERT INTO migration_history VALUES (?, ?, ?, ?)");
  const count = database.prepare("UPDATE schema_version SET version = ?");
  for (const { version, name, sql } of migrations.slice(applied.length)) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(sql);
      note.run(version, name, sha256(sql), now);
      count.run(version);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}

function requireSame(applied: readonly Applied[], { path, migrations }: MigrateOptions): void {
  const problems = applied.flatMap(({ version, name, sha256: was }, place) => {
    const known = migrations[place];
    if (known === undefined) return [`${version} (${name}) is newer than this version of Verbatim`];
    const is = sha256(known.sql);
    if (known.version === version && was === is) return [];
    return [`${version} (${name}) was applied as ${was.slice(0, 12)}… and is ${is.slice(0, 12)}… now`];
  });
  if (problems.length === 0) return;
  throw new Fault(
    "INVALID_CONFIGURATION",
    `${path} has migrations that this version does not: ${problems.join("; ")}. Use the Verbatim that wrote it; or make the history anew: verbatim doctor --rebuild-index.`,
    { violations: problems.map((description) => ({ field: "migration", description })) },
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
