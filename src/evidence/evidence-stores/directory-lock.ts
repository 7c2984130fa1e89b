import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "#model";

const SQLITE_BUSY = 5;

/**
 * Takes a state directory for this process. The lock is the operating system's (SQLite's lock on `owner.lock`), so a
 * killed process frees it. Returns the function that gives it back, safe to call twice.
 * @throws {Fault} STATE_LOCKED, naming the owner's process id. @throws SQLite's error if the lock file cannot be used.
 */
export function lockDirectory(directory: string): () => void {
  const lockFile = join(directory, "owner.lock");
  const lock = new DatabaseSync(lockFile, { timeout: 0 });
  const ownerFile = join(directory, "owner.pid");
  try {
    chmodSync(lockFile, 0o600); // who can read it could lock it
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;");
    writeFileSync(ownerFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw cause;
    throw new Fault(
      "STATE_LOCKED",
      `The state directory ${directory} is in use by process ${ownerOf(ownerFile)}. Stop that process, talk to it with --server, or choose another directory with --state.`,
      { cause },
    );
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
}

/** SQLite's extended codes carry the plain one in their last byte. */
function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && "errcode" in thrown && (Number(thrown.errcode) & 0xff) === SQLITE_BUSY;
}

function ownerOf(ownerFile: string): string {
  try {
    return readFileSync(ownerFile, "utf8").trim() || "unknown";
  } catch {
    return "unknown";
  }
}
