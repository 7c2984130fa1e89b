import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "#model";

/**
 * Takes a state directory for this process. The lock is the operating system's (SQLite's lock on `owner.lock`), so a
 * killed process frees it. Returns the function that gives it back, safe to call twice.
 * @throws {Fault} STATE_LOCKED, naming the owner's process id.
 */
export function lockDirectory(directory: string): () => void {
  const lock = new DatabaseSync(join(directory, "owner.lock"), { timeout: 0 });
  const ownerFile = join(directory, "owner.pid");
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE;");
  } catch (cause) {
    lock.close();
    throw new Fault(
      "STATE_LOCKED",
      `The state directory ${directory} is in use by process ${ownerOf(ownerFile)}. Stop that process, talk to it with --server, or choose another directory with --state.`,
      { cause },
    );
  }
  writeFileSync(ownerFile, `${process.pid}\n`, { mode: 0o600 });
  return () => {
    if (lock.isOpen) lock.close();
  };
}

function ownerOf(ownerFile: string): string {
  try {
    return readFileSync(ownerFile, "utf8").trim();
  } catch {
    return "unknown";
  }
}
