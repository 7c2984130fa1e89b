import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "#model";

/** Below this, SQLite can lose a committed transaction when a write-ahead log is reset. */
const OLDEST_SQLITE = "3.51.3";

/**
 * Marks the file as ours and tells the form of its tables. Form 2 has `reopened_runs`, without which a run that was opened again
 * would be taken for ended: so who knows only form 1 refuses it. A file of form 1 becomes one of form 2 when it is opened.
 */
const FORM = 2;

const BUSY_MS = 5000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS runs (run_no INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, run_no INTEGER NOT NULL, seq INTEGER NOT NULL, line TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS records_by_run ON records (run_no, seq);
  CREATE TABLE IF NOT EXISTS ended_runs (run_no INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS reopened_runs (run_no INTEGER PRIMARY KEY) STRICT;
`;

/** Insert-only: evidence is added to, never changed. */
const DENIALS = ["runs", "records", "ended_runs", "reopened_runs"]
  .flatMap((table) =>
    ["UPDATE", "DELETE"].map(
      (change) => `CREATE TRIGGER IF NOT EXISTS deny_${change.toLowerCase()}_${table} BEFORE ${change} ON ${table}
        BEGIN SELECT RAISE(ABORT, 'evidence is append-only: ${change} on ${table} is denied'); END;`,
    ),
  )
  .join("\n");

/** `INSERT OR REPLACE` deletes without asking the triggers of DELETE: it is met before it does. */
const REPLACEMENTS = [
  ["records", "run_no = NEW.run_no AND seq = NEW.seq", "id = NEW.id"],
  ["runs", "run_id = NEW.run_id", "run_no = NEW.run_no"],
]
  .map(
    ([table, key, rowid]) => `CREATE TRIGGER IF NOT EXISTS deny_replace_${table} BEFORE INSERT ON ${table}
      WHEN EXISTS (SELECT 1 FROM ${table} WHERE ${key}) OR EXISTS (SELECT 1 FROM ${table} WHERE ${rowid})
      BEGIN SELECT RAISE(ABORT, 'evidence is append-only: it is there already, and REPLACE on ${table} is denied'); END;`,
  )
  .join("\n");

/**
 * Opens a connection to the store's file; the first one makes its tables. Every commit of it is synced.
 * @throws {Fault} INVALID_CONFIGURATION if SQLite is too old, or the file was written by a newer Verbatim.
 */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    chmodSync(path, 0o600);
    requireVersions(database, path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
    database.exec(`BEGIN; ${TABLES} ${DENIALS} ${REPLACEMENTS} PRAGMA user_version = ${FORM}; COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function requireVersions(database: DatabaseSync, path: string): void {
  const version = String(database.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  if (version.localeCompare(OLDEST_SQLITE, "en", { numeric: true }) < 0) {
    throw new Fault(
      "INVALID_CONFIGURATION",
      `SQLite ${version} is too old; ${OLDEST_SQLITE} or newer is needed: use the Node that npm installs.`,
    );
  }
  const form = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (form > FORM) {
    throw new Fault(
      "INVALID_CONFIGURATION",
      `${path} has form ${form}; this version knows up to ${FORM}: use the newer Verbatim that wrote it.`,
    );
  }
}
