import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "#model";

/** Tells the form of the tables. */
const FORM = 1;

const BUSY_MS = 5000;

/** `due` is when the next attempt is due, or when the claim on a running one runs out: an index finds what is overdue. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS work (
    place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, capability TEXT NOT NULL,
    priority INTEGER NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, due INTEGER NOT NULL,
    ended INTEGER, errors TEXT NOT NULL DEFAULT '[]', redrives TEXT, redriven_as TEXT, discarded_by TEXT, discarded_why TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS work_open ON work (due) WHERE ended IS NULL;
  CREATE INDEX IF NOT EXISTS work_dead ON work (place) WHERE state = 'dead';
  CREATE INDEX IF NOT EXISTS work_state ON work (state);
  CREATE INDEX IF NOT EXISTS work_age ON work (created) WHERE ended IS NULL;
  CREATE INDEX IF NOT EXISTS work_ended ON work (ended) WHERE ended IS NOT NULL;
  CREATE TABLE IF NOT EXISTS total (
    capability TEXT PRIMARY KEY NOT NULL, enqueued INTEGER NOT NULL DEFAULT 0, completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0, retried INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS document (hash TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

/**
 * Opens the file of work; the first one makes its tables. Every commit is synced.
 * @param path `:memory:` = it ends with the process.
 * @throws {Fault} INVALID_CONFIGURATION if the file was written by a newer Verbatim.
 */
export function openWorkFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    if (path !== ":memory:") chmodSync(path, 0o600);
    requireForm(database, path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
    database.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version = ${FORM}; COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function requireForm(database: DatabaseSync, path: string): void {
  const form = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (form <= FORM) return;
  const text = `${path} has form ${form}; this version knows up to ${FORM}: use the newer Verbatim that wrote it.`;
  throw new Fault("INVALID_CONFIGURATION", text);
}
