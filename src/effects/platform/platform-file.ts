import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "#model";

/** Below this, SQLite can lose a committed transaction when a write-ahead log is reset. */
const OLDEST_SQLITE = "3.51.3";

/** Tells the form of the tables. */
const FORM = 1;

const BUSY_MS = 5000;

/**
 * `resource` is what stands now; a value of NULL is nothing. `change` is the journal; `performed` what each step has come to, so
 * that a step that is performed again finds it. `version`, `changed_by` and `changed_at` are told from the journal alone.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS resource (
    key TEXT PRIMARY KEY NOT NULL, value TEXT CHECK (value IS NULL OR json_valid(value)),
    version INTEGER NOT NULL DEFAULT 0, changed_by TEXT, changed_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS change (
    seq INTEGER PRIMARY KEY, key TEXT NOT NULL, before TEXT, after TEXT, version INTEGER NOT NULL, by TEXT, at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS change_by_key ON change (key, seq);
  CREATE TABLE IF NOT EXISTS performed (
    idempotency_key TEXT PRIMARY KEY NOT NULL, key TEXT NOT NULL, before TEXT, after TEXT, version INTEGER NOT NULL, seq INTEGER
  ) STRICT, WITHOUT ROWID;
`;

const NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

const LAST = (column: string, row: string): string =>
  `(SELECT ${column} FROM change WHERE key = ${row}.key ORDER BY seq DESC LIMIT 1)`;

/**
 * The journal is written by the tables themselves, so that a write of anybody who opens the file stands in it. Whoever leaves
 * `changed_by` as it was has not named himself: the entry then names nobody, and not who was there before.
 */
const JOURNAL = `
  CREATE TRIGGER IF NOT EXISTS journal_insert AFTER INSERT ON resource BEGIN
    INSERT INTO change (key, before, after, version, by, at) VALUES
      (NEW.key, ${LAST("after", "NEW")}, NEW.value, 1 + ifnull(${LAST("version", "NEW")}, 0), NEW.changed_by,
       ifnull(NEW.changed_at, ${NOW}));
    UPDATE resource SET version = ${LAST("version", "NEW")} WHERE key = NEW.key;
  END;
  CREATE TRIGGER IF NOT EXISTS journal_update AFTER UPDATE OF value ON resource BEGIN
    INSERT INTO change (key, before, after, version, by, at) VALUES
      (NEW.key, OLD.value, NEW.value, 1 + ifnull(${LAST("version", "NEW")}, 0),
       iif(NEW.changed_by IS OLD.changed_by, NULL, NEW.changed_by),
       ifnull(iif(NEW.changed_at IS OLD.changed_at, NULL, NEW.changed_at), ${NOW}));
    UPDATE resource SET version = ${LAST("version", "NEW")}, changed_by = ${LAST("by", "NEW")} WHERE key = NEW.key;
  END;
  CREATE TRIGGER IF NOT EXISTS journal_delete AFTER DELETE ON resource BEGIN
    INSERT INTO change (key, before, after, version, by, at) VALUES
      (OLD.key, OLD.value, NULL, 1 + ifnull(${LAST("version", "OLD")}, 0), NULL, ${NOW});
  END;
`;

/** `INSERT OR REPLACE` deletes without asking the triggers of DELETE: it is met before it does. */
const DENIALS = [
  ...["change", "performed"].flatMap((table) =>
    ["UPDATE", "DELETE"].map((change) => denial(`${change.toLowerCase()}_${table}`, `BEFORE ${change} ON ${table}`)),
  ),
  denial("rename_resource", "BEFORE UPDATE OF key ON resource WHEN NEW.key IS NOT OLD.key"),
  denial("replace_change", "BEFORE INSERT ON change WHEN EXISTS (SELECT 1 FROM change WHERE seq = NEW.seq)"),
  denial(
    "replace_performed",
    "BEFORE INSERT ON performed WHEN EXISTS (SELECT 1 FROM performed WHERE idempotency_key = NEW.idempotency_key)",
  ),
  denial(
    "invented_change",
    "BEFORE INSERT ON change WHEN NEW.after IS NOT (SELECT value FROM resource WHERE key = NEW.key)",
  ),
  denial(
    "gap_in_changes",
    "AFTER INSERT ON change WHEN NEW.seq <> 1 + ifnull((SELECT max(seq) FROM change WHERE seq < NEW.seq), 0)",
  ),
].join("\n");

function denial(name: string, when: string): string {
  return `CREATE TRIGGER IF NOT EXISTS deny_${name} ${when}
    BEGIN SELECT RAISE(ABORT, 'the journal of the platform is append-only: ${name} is denied'); END;`;
}

/**
 * Opens the platform's file; the first one makes its tables. Every commit of it is synced.
 * @throws {Fault} INVALID_CONFIGURATION if SQLite is too old, or the file was written by a newer Verbatim.
 */
export function openPlatformFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    chmodSync(path, 0o600);
    requireVersions(database, path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
    database.exec(`BEGIN IMMEDIATE; ${TABLES} ${JOURNAL} ${DENIALS} PRAGMA user_version = ${FORM}; COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function requireVersions(database: DatabaseSync, path: string): void {
  const version = String(database.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  if (version.localeCompare(OLDEST_SQLITE, "en", { numeric: true }) < 0) {
    const text = `SQLite ${version} is too old; ${OLDEST_SQLITE} or newer is needed: use the Node that npm installs.`;
    throw new Fault("INVALID_CONFIGURATION", text);
  }
  const form = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (form <= FORM) return;
  const text = `${path} has form ${form}; this version knows up to ${FORM}: use the newer Verbatim that wrote it.`;
  throw new Fault("INVALID_CONFIGURATION", text);
}
