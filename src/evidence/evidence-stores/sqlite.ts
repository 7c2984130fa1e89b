import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { Fault } from "#model";
import { openLine } from "../chain.ts";
import type { EvidenceStore, RunHead } from "../evidence-store.ts";
import type { LogBackend, RunAppend } from "../log-backend.ts";
import { LogStore } from "../log-store.ts";
import type { LogStoreOptions } from "../log-store.ts";
import { BlobFiles } from "./blob-files.ts";
import { lockDirectory } from "./directory-lock.ts";

/** Below this, SQLite can lose a committed transaction when a write-ahead log is reset. */
const OLDEST_SQLITE = "3.51.3";

/** Marks the file as ours and tells the form of its tables. */
const USER_VERSION = 1;

const TABLES = `
  CREATE TABLE IF NOT EXISTS runs (run_no INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, run_no INTEGER NOT NULL, seq INTEGER NOT NULL, line TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS records_by_run ON records (run_no, seq);
  CREATE TABLE IF NOT EXISTS ended_runs (run_no INTEGER PRIMARY KEY) STRICT;
`;

/** Insert-only: evidence is added to, never changed. */
const DENIALS = ["runs", "records", "ended_runs"]
  .flatMap((table) =>
    ["UPDATE", "DELETE"].map(
      (change) => `CREATE TRIGGER IF NOT EXISTS deny_${change.toLowerCase()}_${table} BEFORE ${change} ON ${table}
        BEGIN SELECT RAISE(ABORT, 'evidence is append-only: ${change} on ${table} is denied'); END;`,
    ),
  )
  .join("\n");

const HEADS = `SELECT r.run_id AS runId, r.run_no AS runNo, e.run_no IS NOT NULL AS ended,
  (SELECT max(seq) FROM records WHERE run_no = r.run_no) AS last,
  (SELECT line FROM records WHERE run_no = r.run_no ORDER BY seq DESC LIMIT 1) AS line
  FROM runs r LEFT JOIN ended_runs e ON e.run_no = r.run_no`;

/** Keeps logs in one SQLite file with a write-ahead log; every commit is synced (`synchronous=FULL`). */
class SqliteBackend implements LogBackend {
  readonly #database: DatabaseSync;
  readonly #unlock: () => void;
  readonly #blobs: BlobFiles;
  readonly #runNumbers = new Map<string, number>();
  readonly #statements: Record<
    "begin" | "commit" | "rollback" | "run" | "record" | "end" | "number" | "read",
    StatementSync
  >;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#unlock = lockDirectory(directory);
    try {
      this.#database = openDatabase(join(directory, "evidence.db"));
    } catch (error) {
      this.#unlock();
      throw error;
    }
    const blobs = join(directory, "blobs");
    mkdirSync(blobs, { recursive: true, mode: 0o700 });
    this.#blobs = new BlobFiles(blobs);
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    this.#statements = {
      begin: prepare("BEGIN IMMEDIATE"),
      commit: prepare("COMMIT"),
      rollback: prepare("ROLLBACK"),
      run: prepare("INSERT INTO runs (run_id) VALUES (?)"),
      record: prepare("INSERT INTO records (run_no, seq, line) VALUES (?, ?, ?)"),
      end: prepare("INSERT INTO ended_runs (run_no) VALUES (?)"),
      number: prepare("SELECT run_no AS runNo FROM runs WHERE run_id = ?"),
      read: prepare("SELECT line FROM records WHERE run_no = ? AND seq > ? ORDER BY seq LIMIT ?"),
    };
  }

  write(appends: readonly RunAppend[]): void {
    const { begin, commit, rollback } = this.#statements;
    begin.run();
    try {
      for (const append of appends) this.#insert(append);
      commit.run();
    } catch (error) {
      this.#runNumbers.clear();
      if (this.#database.isTransaction) rollback.run();
      throw error;
    }
  }

  #insert({ runId, records }: RunAppend): void {
    const { run, record, end } = this.#statements;
    if (records[0]?.record.seq === 0) this.#runNumbers.set(runId, Number(run.run(runId).lastInsertRowid));
    const runNo = this.#runNumber(runId);
    if (runNo === undefined) throw new Error(`no run ${runId}`);
    for (const { record: said, line } of records) record.run(runNo, said.seq, line);
    if (records.at(-1)?.record.event_type !== "run.completed") return;
    end.run(runNo);
    this.#runNumbers.delete(runId);
  }

  /** Numbers of the runs that are being written are kept; of all others they are looked up. */
  #runNumber(runId: string): number | undefined {
    const known = this.#runNumbers.get(runId);
    if (known !== undefined) return known;
    const row = this.#statements.number.get(runId);
    return row === undefined ? undefined : Number(row["runNo"]);
  }

  read(runId: string, afterSeq: number, limit: number): readonly string[] {
    const runNo = this.#runNumber(runId);
    if (runNo === undefined) return [];
    return this.#statements.read.all(runNo, afterSeq, limit).map((row) => String(row["line"]));
  }

  head(runId: string): RunHead | undefined {
    return this.#runNumber(runId) === undefined ? undefined : this.#heads("WHERE r.run_id = ?", [runId])[0];
  }

  runs({ limit, before }: { readonly limit: number; readonly before?: string }): readonly RunHead[] {
    const from = before === undefined ? Number.MAX_SAFE_INTEGER : (this.#runNumber(before) ?? 0);
    return this.#heads("WHERE r.run_no < ? ORDER BY r.run_no DESC LIMIT ?", [from, limit]);
  }

  openRuns(): readonly RunHead[] {
    return this.#heads("WHERE e.run_no IS NULL ORDER BY r.run_no", []);
  }

  #heads(condition: string, values: readonly (string | number)[]): readonly RunHead[] {
    return this.#database
      .prepare(`${HEADS} ${condition}`)
      .all(...values)
      .map((row) => ({
        runId: String(row["runId"]),
        size: Number(row["last"]) + 1,
        hash: openLine(String(row["line"]))?.hash ?? "",
        completed: row["ended"] === 1,
      }));
  }

  putBlob(digest: string, bytes: Uint8Array): void {
    this.#blobs.put(digest, bytes);
  }

  getBlob(digest: string): Uint8Array | undefined {
    return this.#blobs.get(digest);
  }

  close(): void {
    this.#database.close();
    this.#unlock();
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 });
  chmodSync(path, 0o600);
  const version = String(database.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  if (version.localeCompare(OLDEST_SQLITE, "en", { numeric: true }) < 0) {
    throw new Fault(
      "INVALID_CONFIGURATION",
      `SQLite ${version} is too old; ${OLDEST_SQLITE} or newer is needed: use the Node that npm installs.`,
    );
  }
  const form = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (form > USER_VERSION) {
    throw new Fault(
      "INVALID_CONFIGURATION",
      `${path} has form ${form}; this version knows up to ${USER_VERSION}: use the newer Verbatim that wrote it.`,
    );
  }
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
  database.exec(`BEGIN; ${TABLES} ${DENIALS} PRAGMA user_version = ${USER_VERSION}; COMMIT;`);
  return database;
}

/**
 * The embedded store: `evidence.db` and `blobs/` in `directory`, which one process owns at a time.
 * @throws {Fault} STATE_LOCKED if another process owns the directory.
 */
export function createSqliteStore(directory: string, options: LogStoreOptions): EvidenceStore {
  return new LogStore(new SqliteBackend(directory), options);
}
