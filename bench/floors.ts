import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { freshDirectory } from "./child.ts";

const SYNCS = 200;
const PAGE_BYTES = 4096;

/** Milliseconds, p50, that the disk takes to sync one more page of a growing file: what no commit can do without. */
export function bareSync(): number {
  const directory = freshDirectory();
  const file = openSync(join(directory, "sync"), "w");
  const page = Buffer.alloc(PAGE_BYTES, 1);
  const times = Array.from({ length: SYNCS }, () => {
    writeSync(file, page);
    const start = performance.now();
    fdatasyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  rmSync(directory, { recursive: true });
  return times.toSorted((one, other) => one - other)[SYNCS / 2] ?? Number.NaN;
}

/**
 * Steps a second that node:sqlite alone makes durable (WAL, synchronous=FULL, prepared statements, one writer, in this
 * process, nothing around it): for each step its two lines, as long as ours, `perCommit` steps a commit.
 */
export function sqliteFloor(lines: readonly string[], perCommit: number, milliseconds: number): number {
  const directory = freshDirectory();
  const database = new DatabaseSync(join(directory, "floor.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  database.exec("CREATE TABLE records (id INTEGER PRIMARY KEY, run INTEGER, seq INTEGER, line TEXT) STRICT");
  database.exec("CREATE UNIQUE INDEX records_by_run ON records (run, seq)");
  const insert = database.prepare("INSERT INTO records (run, seq, line) VALUES (?, ?, ?)");
  const [begin, commit] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("COMMIT")];
  let steps = 0;
  const start = performance.now();
  for (let round = 0; performance.now() - start < milliseconds; round += 1) {
    begin.run();
    for (let run = 0; run < perCommit; run += 1) {
      for (const [offset, line] of lines.entries()) insert.run(run, round * lines.length + offset, line);
    }
    commit.run();
    steps += perCommit;
  }
  const rate = (steps / (performance.now() - start)) * 1000;
  database.close();
  rmSync(directory, { recursive: true });
  return rate;
}
