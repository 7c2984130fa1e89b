import { chmodSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { Migration } from "./migrations.ts";

/** Name of the history's file in the state directory. */
export const HISTORY_FILE = "history.db";

/** `VbHi`: marks the file as a history of ours. */
const APPLICATION_ID = 0x56_62_48_69;
/** The `user_version` of a file that is open, or was when its process died; and of one that was closed. */
const [OPEN, CLOSED_WHOLE] = [0, 1];
/** A smaller file is read as a whole at each start: that takes a few milliseconds. */
const READ_BYTES = 4 * 1024 * 1024;
const BUSY_MS = 5000;
const BESIDE = ["", "-wal", "-shm"];

/** The file is no history, or not whole: there is nothing in it that is not in the logs, so another one takes its place. */
export class HistoryDamage extends Error {
  override readonly name = "HistoryDamage";
}

/** What a history is opened with. */
export interface HistoryFileOptions {
  /** RFC 3339: noted with each migration. */
  readonly now: () => string;
  /** Others than those that there are, for a test. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the file and brings its tables to the newest version. Its commits are not synced one by one: what a power cut costs is
 * taken from the logs.
 * @throws {HistoryDamage} if it is no history, or not whole. @throws {Fault} see `migrate`.
 */
export function openHistoryFile(path: string, { now, migrations = MIGRATIONS }: HistoryFileOptions): DatabaseSync {
  const isNew = !existsSync(path);
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    chmodSync(path, 0o600);
    if (!isNew) requireWhole(database, path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;");
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${OPEN};`);
    migrate(database, { path, migrations, now: now() });
    return database;
  } catch (error) {
    database.close();
    throw damageOf(error) ?? error;
  }
}

/** Closes it; `whole` = nothing was seen to be wrong with it. Never throws: who does not find the word looks at all of the file. */
export function closeHistoryFile(database: DatabaseSync, { whole }: { readonly whole: boolean }): void {
  try {
    if (whole) database.exec(`PRAGMA user_version = ${CLOSED_WHOLE};`);
  } catch {
    // A full disk, for example: the next start looks at it, as after a crash.
  } finally {
    database.close();
  }
}

/** What was begun and not written to its end is empty, and taken for new. A large file is read as a whole only after a crash. */
function requireWhole(database: DatabaseSync, path: string): void {
  const [pages, id] = [pragma(database, "page_count"), pragma(database, "application_id")];
  if (pages === 0) return;
  if (id !== APPLICATION_ID) throw new HistoryDamage(`${path} is no history: its application id is ${String(id)}`);
  if (pragma(database, "user_version") === CLOSED_WHOLE && statSync(path).size > READ_BYTES) return;
  const said = pragma(database, "quick_check(1)");
  if (said !== "ok") throw new HistoryDamage(`${path} is damaged: ${String(said)}`);
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

const [SQLITE_CORRUPT, SQLITE_NOTADB] = [11, 26];

/** The damage that an error of SQLite tells of; undefined for anything else. Its extended codes carry the plain one in their last byte. */
export function damageOf(error: unknown): HistoryDamage | undefined {
  if (error instanceof HistoryDamage) return error;
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  const code = Number(error.errcode) & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
    ? new HistoryDamage(error.message, { cause: error })
    : undefined;
}

/** Moves a file that nobody has open out of the way, over the one that was moved before. Returns where it is. */
export function moveHistoryAside(path: string): string {
  const aside = `${path}.aside`;
  for (const end of BESIDE) {
    rmSync(`${aside}${end}`, { force: true });
    if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${aside}${end}`);
  }
  return aside;
}

/** Puts a history that was made beside it, and closed, in the place of a file that nobody has open. */
export function replaceHistory(path: string, made: string): void {
  for (const end of BESIDE.slice(1)) rmSync(`${path}${end}`, { force: true }); // first: they are of the file that goes
  renameSync(made, path);
}

/** Takes away a history that was not made to its end, if there is one. */
export function removeHistory(path: string): void {
  for (const end of BESIDE) rmSync(`${path}${end}`, { force: true });
}
