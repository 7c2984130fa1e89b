import type { DatabaseSync, StatementSync } from "node:sqlite";
import { foldEntry } from "../fold-entry.ts";
import type {
  AttemptQuery,
  HistoryAttempt,
  HistoryBatch,
  HistoryJob,
  HistoryPage,
  HistoryPosition,
  HistoryQuery,
  HistoryRun,
  HistoryWord,
  RunHistory,
} from "../run-history.ts";
import { TouchedRows } from "../touched-rows.ts";
import type { RunRow, RunRows } from "../touched-rows.ts";
import { columnOf, rowOf, RUN_MEMBERS, selected, TABLES, upsertion, valuesOf } from "./sqlite/columns.ts";
import { closeHistoryFile, openHistoryFile } from "./sqlite/history-file.ts";
import type { HistoryFileOptions } from "./sqlite/history-file.ts";

const OF_RUN = "run_no = (SELECT run_no FROM runs WHERE run_id = ?)";
const POSITION = "SELECT run_id AS runId, size, hash FROM runs";
const RUN = `SELECT ${selected(RUN_MEMBERS)} FROM runs`;
const JOB = `SELECT ${selected(TABLES.jobs.members)} FROM jobs`;
const ATTEMPT = `SELECT ${selected(TABLES.attempts.members)} FROM attempts`;
const LAST_KEY = "\u{10FFFF}";

const STATEMENTS = {
  number: "SELECT run_no AS runNo FROM runs WHERE run_id = ?",
  run: `${RUN} WHERE run_id = ?`,
  addRun: `INSERT INTO runs (${RUN_MEMBERS.map(columnOf).join(", ")}) VALUES (${RUN_MEMBERS.map(() => "?").join(", ")})
    RETURNING run_no AS runNo`,
  setRun: `UPDATE runs SET ${RUN_MEMBERS.map((member) => `${columnOf(member)} = ?`).join(", ")} WHERE run_no = ?`,
  list: `${RUN} WHERE kind = ? AND (created_at < ? OR (created_at = ? AND run_no < ?)) AND created_at >= ? AND created_at < ?
    AND run_id >= ? AND run_id < ? AND instr(name, ?) > 0 AND (? = '[]' OR status IN (SELECT value FROM json_each(?)))
    ORDER BY created_at DESC, run_no DESC LIMIT ?`,
  job: `${JOB} WHERE run_no = ? AND key = ?`,
  retrying: `${JOB} WHERE run_no = ? AND status = 'retrying'`,
  jobs: `${JOB} WHERE ${OF_RUN} AND key > ? ORDER BY key LIMIT ?`,
  allJobs: `${JOB} WHERE ${OF_RUN} ORDER BY key LIMIT ?`,
  setJob: upsertion(TABLES.jobs),
  attempt: `${ATTEMPT} WHERE run_no = ? AND key = ? AND attempt = ?`,
  attempts: `${ATTEMPT} WHERE ${OF_RUN} AND (? IS NULL OR key = ?) AND (? IS NULL OR (key, attempt) > (?, ?))
    ORDER BY key, attempt LIMIT ?`,
  setAttempt: upsertion(TABLES.attempts),
  words: `SELECT ${selected(TABLES.words.members)} FROM words WHERE ${OF_RUN} ORDER BY seq LIMIT ?`,
  setWord: upsertion(TABLES.words),
  position: `${POSITION} WHERE run_id = ?`,
  newest: `${POSITION} ORDER BY run_no DESC LIMIT 1`,
  openRuns: `${POSITION} WHERE ended_at IS NULL ORDER BY run_no`,
  count: "SELECT count(*) AS runs FROM runs",
  forgetJobs: `DELETE FROM jobs WHERE ${OF_RUN}`,
  forgetAttempts: `DELETE FROM attempts WHERE ${OF_RUN}`,
  forgetWords: `DELETE FROM words WHERE ${OF_RUN}`,
  forgetRun: "DELETE FROM runs WHERE run_id = ?",
} as const;

type Statements = Record<keyof typeof STATEMENTS, StatementSync>;

/** A history in one SQLite file. */
class SqliteHistory implements RunHistory {
  readonly #database: DatabaseSync;
  readonly #sql: Statements;
  #suspect = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as Statements; // the same keys
  }

  take(batches: readonly HistoryBatch[]): void {
    this.#inTransaction(() => {
      for (const batch of batches) this.#takeOne(batch);
    });
  }

  #takeOne({ runId, entries, anew = false }: HistoryBatch): void {
    if (anew) this.#drop(runId);
    const runNo = this.#number(runId);
    const rows = new TouchedRows(runNo === undefined ? undefined : this.#rowsOf(runNo, runId));
    for (const entry of entries) foldEntry(rows, runId, entry);
    if (rows.run === undefined) return;
    const number = this.#keepRun(rows.run, runNo);
    for (const job of rows.jobs.values()) this.#sql.setJob.run(number, ...valuesOf(job, TABLES.jobs.members));
    for (const attempt of rows.attempts.values())
      this.#sql.setAttempt.run(number, ...valuesOf(attempt, TABLES.attempts.members));
    for (const word of rows.words) this.#sql.setWord.run(number, ...valuesOf(word, TABLES.words.members));
  }

  #rowsOf(runNo: number, runId: string): RunRows {
    const { run, job, attempt, retrying } = this.#sql;
    return {
      run: rowOf(run.get(runId) ?? {}) as RunRow, // as: there is one under this number, with these columns
      job: (key) => jobOf(job.get(runNo, key)),
      attempt: (key, number) => attemptOf(attempt.get(runNo, key, number)),
      retrying: () => retrying.all(runNo).flatMap((row) => jobOf(row) ?? []),
    };
  }

  #keepRun(run: RunRow, runNo: number | undefined): number {
    const values = valuesOf(run, RUN_MEMBERS);
    if (runNo === undefined) return Number(this.#sql.addRun.get(...values)?.["runNo"]);
    this.#sql.setRun.run(...values, runNo);
    return runNo;
  }

  list(query: HistoryQuery): HistoryPage {
    const { limit, kind, behind, statuses, nameContains, idBegins = "" } = query;
    const { createdAfter = "", createdBefore = LAST_KEY } = query;
    const from = behind === undefined ? [LAST_KEY, "", 0] : [behind.createdAt, behind.createdAt, this.#placeOf(behind)];
    const wanted = JSON.stringify([...statuses]);
    const range = [
      createdAfter,
      createdBefore,
      idBegins,
      `${idBegins}${LAST_KEY}`,
      nameContains,
      wanted,
      wanted,
      limit + 1,
    ];
    const found = this.#sql.list.all(kind, ...from, ...range).map(runOf);
    const runs = found.slice(0, limit);
    const last = runs.at(-1);
    const next = found.length > limit && last !== undefined && { createdAt: last.createdAt, runId: last.runId };
    return { runs, ...(next !== false && { next }) };
  }

  /** Behind a run that is not there any more no other of its time is told. */
  #placeOf({ runId }: { readonly runId: string }): number {
    return this.#number(runId) ?? 0;
  }

  #number(runId: string): number | undefined {
    const row = this.#sql.number.get(runId);
    return row === undefined ? undefined : Number(row["runNo"]);
  }

  run(runId: string): HistoryRun | undefined {
    const row = this.#sql.run.get(runId);
    return row && runOf(row);
  }

  jobs(runId: string, { limit, behind }: { readonly limit: number; readonly behind?: string }): readonly HistoryJob[] {
    const { jobs, allJobs } = this.#sql;
    const rows = behind === undefined ? allJobs.all(runId, limit) : jobs.all(runId, behind, limit);
    return rows.flatMap((row) => jobOf(row) ?? []);
  }

  attempts(runId: string, { key, limit, behind }: AttemptQuery): readonly HistoryAttempt[] {
    const [only, after, number] = [key ?? null, behind?.key ?? null, behind?.attempt ?? null];
    const rows = this.#sql.attempts.all(runId, only, only, after, after, number, limit);
    return rows.flatMap((row) => attemptOf(row) ?? []);
  }

  words(runId: string, { limit }: { readonly limit: number }): readonly HistoryWord[] {
    return this.#sql.words.all(runId, limit).map((row) => rowOf(row) as HistoryWord); // the columns that were asked for;
  }

  position(runId: string): HistoryPosition | undefined {
    return positionOf(this.#sql.position.get(runId));
  }

  newest(): HistoryPosition | undefined {
    return positionOf(this.#sql.newest.get());
  }

  openRuns(): readonly HistoryPosition[] {
    return this.#sql.openRuns.all().flatMap((row) => positionOf(row) ?? []);
  }

  count(): number {
    return Number(this.#sql.count.get()?.["runs"]);
  }

  forget(runId: string): void {
    this.#inTransaction(() => this.#drop(runId));
  }

  #drop(runId: string): void {
    const { forgetJobs, forgetAttempts, forgetWords, forgetRun } = this.#sql;
    for (const statement of [forgetJobs, forgetAttempts, forgetWords, forgetRun]) statement.run(runId);
  }

  #inTransaction(act: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      act();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  suspect(): void {
    this.#suspect = true;
  }

  close(): void {
    if (!this.#database.isOpen) return;
    closeHistoryFile(this.#database, { whole: !this.#suspect });
  }
}

type Row = Readonly<Record<string, unknown>> | undefined;

// What these claim are the columns that were asked for, of STRICT tables.

function positionOf(row: Row): HistoryPosition | undefined {
  return row && (rowOf(row) as HistoryPosition); // see above
}

function attemptOf(row: Row): HistoryAttempt | undefined {
  return row && (rowOf(row) as HistoryAttempt); // see above
}

function jobOf(row: Row): HistoryJob | undefined {
  return row && { ...(rowOf(row) as HistoryJob), marked: row["marked"] === 1 }; // see above
}

function runOf(row: NonNullable<Row>): HistoryRun {
  const { size: _size, hash: _hash, ...run } = rowOf(row) as RunRow; // see above
  return run;
}

/**
 * The history in the file `path`, which is made if it is not there.
 * @throws {HistoryDamage} if the file is no history, or not whole. @throws {Fault} INVALID_CONFIGURATION, see `migrate`.
 */
export function createSqliteHistory(path: string, options: HistoryFileOptions): RunHistory {
  return new SqliteHistory(openHistoryFile(path, options));
}
