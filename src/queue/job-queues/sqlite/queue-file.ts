import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "#model";

/** Tells the form of the tables. */
const FORM = 1;

const LOCKED_ERRCODES = new Set([5, 6]); // SQLITE_BUSY, SQLITE_LOCKED

/** `state`: 0 due, 1 delayed until the wall time `at_ms`, 2 taken until the monotonic time `at_ms` of the process that has the file. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, priority INTEGER NOT NULL, attempt INTEGER NOT NULL,
    stalls INTEGER NOT NULL DEFAULT 0, handed INTEGER NOT NULL DEFAULT 0, state INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS due ON entries (priority DESC, seq) WHERE state = 0;
  CREATE INDEX IF NOT EXISTS timed ON entries (state, at_ms) WHERE state > 0;
  PRAGMA user_version = ${FORM};
`;

/**
 * Opens the file of a queue, which is made if it is not there, for this process alone. What an earlier process had taken is due again.
 * @throws {Fault} STATE_LOCKED if another process has it; INVALID_CONFIGURATION if it was written by a newer Verbatim.
 */
export function openQueueFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    chmodSync(path, 0o600);
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA trusted_schema = OFF;");
    requireForm(database, path);
    database.exec(`PRAGMA synchronous = FULL; BEGIN EXCLUSIVE; ${TABLES}
      UPDATE entries SET state = 0, stalls = stalls + 1 WHERE state = 2; COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && LOCKED_ERRCODES.has(Number(error.errcode) & 0xff))
      throw new Fault("STATE_LOCKED", `${path} is used by another process: stop it, or give this one another file.`, {
        cause: error,
      });
    throw error;
  }
}

function requireForm(database: DatabaseSync, path: string): void {
  const form = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (form <= FORM) return;
  throw new Fault(
    "INVALID_CONFIGURATION",
    `${path} has form ${form}; this version knows up to ${FORM}: use the newer Verbatim that wrote it.`,
  );
}
