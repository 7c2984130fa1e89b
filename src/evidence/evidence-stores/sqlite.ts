import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openLine } from "../chain.ts";
import { makeDirectory, syncDirectory } from "../durable-file.ts";
import type { EvidenceStore, ListedRuns, RunHead } from "../evidence-store.ts";
import type { LogBackend, RunAppend } from "../log-backend.ts";
import { areForBehind, endedAfter } from "../log-kind.ts";
import { LogStore } from "../log-store.ts";
import type { LogStoreOptions } from "../log-store-options.ts";
import { pageOf } from "../page.ts";
import { BlobFiles } from "./blob-files.ts";
import { lockDirectory } from "./directory-lock.ts";
import { openDatabase } from "./sqlite/database.ts";
import { NearestWriter } from "./sqlite/nearest-writer.ts";
import { Writer } from "./sqlite/writer.ts";

/** Behind every id: their characters are of ASCII. */
const LAST_KEY = "\u{10FFFF}";
const LAST_LINE = "(SELECT line FROM records WHERE run_no = r.run_no ORDER BY seq DESC LIMIT 1)";
/** The type of the last line, with its quotes. The first such member is the record's own. */
const LAST_TYPE = (characters: number): string =>
  `substr(${LAST_LINE}, instr(${LAST_LINE}, '"event_type":') + 13, ${characters})`;
/** A log that went on behind its end has ended once, so its last line is asked: a run was opened again, and a contract was not. */
const ENDED = `(e.run_no IS NOT NULL AND (o.run_no IS NULL
  OR ${LAST_TYPE(15)} = '"run.completed"' OR ${LAST_TYPE(10)} = '"contract.'))`;
const HEADS = `SELECT r.run_id AS runId, ${ENDED} AS ended,
  (SELECT max(seq) FROM records WHERE run_no = r.run_no) AS last, ${LAST_LINE} AS line
  FROM runs r LEFT JOIN ended_runs e ON e.run_no = r.run_no LEFT JOIN reopened_runs o ON o.run_no = r.run_no`;

/** Keeps logs in one SQLite file with a write-ahead log: one thread writes and syncs what takes time, this one reads. */
class SqliteBackend implements LogBackend {
  readonly #unlock: () => void;
  readonly #database: DatabaseSync;
  readonly #thread: Writer;
  readonly #writer: NearestWriter;
  readonly #blobs: BlobFiles;
  readonly #statements: Record<
    "number" | "read" | "head" | "runs" | "runsThatBegin" | "openRuns" | "reopenedRuns",
    StatementSync
  >;

  constructor(directory: string) {
    makeDirectory(join(directory, "blobs"));
    this.#unlock = lockDirectory(directory);
    const path = join(directory, "evidence.db");
    try {
      this.#database = openDatabase(path);
      settle(this.#database);
      syncDirectory(directory); // SQLite does so too, and says nothing if it fails
    } catch (error) {
      this.#unlock();
      throw error;
    }
    this.#thread = new Writer(path);
    this.#writer = new NearestWriter(this.#database, { far: this.#thread, monotonicMs: () => performance.now() });
    this.#blobs = new BlobFiles(join(directory, "blobs"));
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    this.#statements = {
      number: prepare("SELECT run_no AS runNo FROM runs WHERE run_id = ?"),
      read: prepare("SELECT line FROM records WHERE run_no = ? AND seq > ? ORDER BY seq LIMIT ?"),
      head: prepare(`${HEADS} WHERE r.run_no = ?`),
      runs: prepare(`${HEADS} WHERE r.run_no < ? ORDER BY r.run_no DESC LIMIT ?`),
      // The signs keep SQLite from walking through the runs of everybody in their order, to find those of one.
      runsThatBegin: prepare(
        `${HEADS} WHERE r.run_id >= ? AND r.run_id < ? AND +r.run_no < ? ORDER BY +r.run_no DESC LIMIT ?`,
      ),
      openRuns: prepare(`${HEADS} WHERE NOT ${ENDED} ORDER BY r.run_no`),
      reopenedRuns: prepare(`${HEADS} WHERE o.run_no IS NOT NULL ORDER BY r.run_no`),
    };
  }

  write(appends: readonly RunAppend[]): void | Promise<void> {
    const plain = appends.map(({ runId, records }) => {
      const said = records.map(({ record }) => record);
      const lines = records.map(({ line }) => line);
      const first = said[0]?.seq ?? 0;
      return { runId, first, lines, goesOn: areForBehind(said), ends: endedAfter(said, false) };
    });
    return this.#writer.write(plain);
  }

  #runNumber(runId: string): number | undefined {
    const row = this.#statements.number.get(runId);
    return row === undefined ? undefined : Number(row["runNo"]);
  }

  read(runId: string, afterSeq: number, limit: number): readonly string[] {
    const runNo = this.#runNumber(runId);
    if (runNo === undefined) return [];
    return pageOf(this.#linesOf(runNo, afterSeq, limit));
  }

  *#linesOf(runNo: number, afterSeq: number, limit: number): Generator<string, void, void> {
    for (const row of this.#statements.read.iterate(runNo, afterSeq, limit)) yield String(row["line"]);
  }

  head(runId: string): RunHead | undefined {
    const runNo = this.#runNumber(runId);
    return runNo === undefined ? undefined : this.#statements.head.all(runNo).map(headOf)[0];
  }

  runs({ limit, before, begins = "" }: ListedRuns): readonly RunHead[] {
    const from = before === undefined ? Number.MAX_SAFE_INTEGER : (this.#runNumber(before) ?? 0);
    if (begins === "") return this.#statements.runs.all(from, limit).map(headOf);
    return this.#statements.runsThatBegin.all(begins, `${begins}${LAST_KEY}`, from, limit).map(headOf);
  }

  openRuns(): readonly RunHead[] {
    return this.#statements.openRuns.all().map(headOf);
  }

  reopenedRuns(): readonly RunHead[] {
    return this.#statements.reopenedRuns.all().map(headOf);
  }

  putBlob(digest: string, bytes: Uint8Array): void {
    this.#blobs.put(digest, bytes);
  }

  getBlob(digest: string): Uint8Array | undefined {
    return this.#blobs.get(digest);
  }

  readBlob(digest: string, start: number, into?: Uint8Array): Uint8Array | undefined {
    return this.#blobs.read(digest, { start, ...(into !== undefined && { into }) });
  }

  async close(): Promise<void> {
    await this.#thread.close();
    this.#database.close();
    this.#unlock();
  }
}

/**
 * Moves what an earlier process left in the write-ahead log into the database, synced, before anybody is told of it: after a
 * failed sync the system shows what the disk may not have, and would never write it again.
 */
function settle(database: DatabaseSync): void {
  database.exec("PRAGMA wal_checkpoint(TRUNCATE);");
}

function headOf(row: Record<string, unknown>): RunHead {
  return {
    runId: String(row["runId"]),
    size: Number(row["last"]) + 1,
    hash: openLine(String(row["line"]))?.hash ?? "",
    completed: row["ended"] === 1,
  };
}

/**
 * The embedded store: `evidence.db` and `blobs/` in `directory`, which one process owns at a time.
 * @throws {Fault} STATE_LOCKED if another process owns the directory.
 */
export function createSqliteStore(directory: string, options: LogStoreOptions): EvidenceStore {
  return new LogStore(new SqliteBackend(directory), options);
}
