import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Lines that one commit adds to one run. */
export interface LineAppend {
  readonly runId: string;
  /** Sequence number of the first line; 0 creates the run. */
  readonly first: number;
  readonly lines: readonly string[];
  /** Whether the first line may stand behind an end, and does so if the log has ended; default false. */
  readonly goesOn?: boolean;
  /** Whether they end the log: by `run.completed`, or by a state that a contract cannot leave. */
  readonly ends: boolean;
}

type PackedRun = readonly [runId: string, first: number, count: number, ends: boolean, goesOn: boolean];

const LINE_FEED = "\n";

/** Most runs whose number is kept: a run can also be ended by another writer. */
const RUNS_KNOWN = 1000;

/** Appends as one text: a string crosses between threads faster than a tree of objects does. */
export function packAppends(appends: readonly LineAppend[]): string {
  const runs = appends.map(({ runId, first, lines, goesOn, ends }) => [
    runId,
    first,
    lines.length,
    ends,
    goesOn === true,
  ]);
  return [JSON.stringify(runs), ...appends.flatMap(({ lines }) => lines)].join(LINE_FEED);
}

/** The appends that {@link packAppends} wrote. */
export function unpackAppends(text: string): readonly LineAppend[] {
  const [runs = "[]", ...lines] = text.split(LINE_FEED);
  let next = 0;
  return (JSON.parse(runs) as readonly PackedRun[]).map(([runId, first, count, ends, goesOn]) => {
    next += count;
    return { runId, first, lines: lines.slice(next - count, next), ends, ...(goesOn && { goesOn }) };
  });
}

/** Writes lines, one transaction a call. */
export class LineWriter {
  readonly #database: DatabaseSync;
  readonly #runNumbers = new Map<string, number>();
  readonly #statements: Record<
    "begin" | "commit" | "rollback" | "run" | "record" | "reopen" | "end" | "number",
    StatementSync
  >;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = {
      begin: database.prepare("BEGIN IMMEDIATE"),
      commit: database.prepare("COMMIT"),
      rollback: database.prepare("ROLLBACK"),
      run: database.prepare("INSERT INTO runs (run_id) VALUES (?)"),
      record: database.prepare("INSERT INTO records (run_no, seq, line) VALUES (?, ?, ?)"),
      // Each is said once: a run that was opened again ends again, and a log may go on more than once.
      reopen: database.prepare(
        "INSERT OR IGNORE INTO reopened_runs (run_no) SELECT run_no FROM ended_runs WHERE run_no = ?",
      ),
      end: database.prepare("INSERT OR IGNORE INTO ended_runs (run_no) VALUES (?)"),
      number: database.prepare("SELECT run_no AS runNo FROM runs WHERE run_id = ?"),
    };
  }

  /** All or none; durable when it returns. @throws SQLite's error; nothing is tried again. */
  write(appends: readonly LineAppend[]): void {
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

  #insert({ runId, first, lines, goesOn, ends }: LineAppend): void {
    const { run, record, reopen, end } = this.#statements;
    if (first === 0) this.#runNumbers.set(runId, Number(run.run(runId).lastInsertRowid));
    const runNo = this.#runNumber(runId);
    if (goesOn === true) reopen.run(runNo);
    for (const [offset, line] of lines.entries()) record.run(runNo, first + offset, line);
    if (!ends) return;
    end.run(runNo);
    this.#runNumbers.delete(runId);
  }

  #runNumber(runId: string): number {
    const known = this.#runNumbers.get(runId) ?? Number(this.#statements.number.get(runId)?.["runNo"]);
    if (Number.isNaN(known)) throw new Error(`there is no run ${runId}`);
    if (this.#runNumbers.size >= RUNS_KNOWN) this.#runNumbers.clear();
    this.#runNumbers.set(runId, known);
    return known;
  }
}
