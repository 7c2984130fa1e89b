import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { Fault } from "#model";

/** Tells the form of the table. */
const FORM = 1;
const BUSY_MS = 5000;
/** Signals that are kept after they were replaced or withdrawn. */
const PAST_SIGNALS = 100_000;

const TABLE = `
  CREATE TABLE IF NOT EXISTS signal (
    seq INTEGER PRIMARY KEY, source TEXT NOT NULL, scope TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    since TEXT NOT NULL, reported_at TEXT NOT NULL, expires_at TEXT, until TEXT
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS standing_signal ON signal (scope, source) WHERE until IS NULL;
`;

/** A row of the file. */
export interface SignalRow {
  readonly source: string;
  readonly scope: string;
  readonly status: string;
  readonly reason: string;
  readonly since: string;
  readonly reported_at: string;
  readonly expires_at: string | null;
  readonly until: string | null;
}

/** Which signal. */
export interface SignalName {
  readonly source: string;
  readonly scope: string;
}

/** The file that signals are kept in: what stands, and what once stood. Every write is durable when it returns. */
export class SignalsFile {
  readonly #database: DatabaseSync;
  readonly #statements: Record<"add" | "renew" | "end" | "standing" | "past" | "trim", StatementSync>;

  /** @throws {Fault} INVALID_CONFIGURATION if a newer Verbatim has written it. @throws SQLite's error. */
  constructor(path: string) {
    const database = openedFile(path);
    this.#database = database;
    this.#statements = {
      add: database.prepare(
        "INSERT INTO signal (source, scope, status, reason, since, reported_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ),
      renew: database.prepare(
        "UPDATE signal SET reported_at = ?, expires_at = ? WHERE scope = ? AND source = ? AND until IS NULL",
      ),
      end: database.prepare("UPDATE signal SET until = ? WHERE scope = ? AND source = ? AND until IS NULL"),
      standing: database.prepare("SELECT * FROM signal WHERE until IS NULL"),
      past: database.prepare("SELECT * FROM signal WHERE until IS NULL OR until > ? ORDER BY seq DESC LIMIT ?"),
      trim: database.prepare(
        `DELETE FROM signal WHERE until IS NOT NULL AND seq <= (SELECT max(seq) FROM signal) - ${PAST_SIGNALS}`,
      ),
    };
  }

  /** All that stand. */
  standing(): readonly SignalRow[] {
    return this.#statements.standing.all() as unknown as readonly SignalRow[]; // the columns of a STRICT table
  }

  /** The newest that stood after a moment, in the order of their beginning. */
  since(moment: string, limit: number): readonly SignalRow[] {
    return (this.#statements.past.all(moment, limit) as unknown as readonly SignalRow[]).toReversed(); // as above
  }

  /** Puts a signal in the place of the one that stands, if one does. */
  replace(row: Omit<SignalRow, "until">): void {
    const { add, end, trim } = this.#statements;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      end.run(row.since, row.scope, row.source);
      add.run(row.source, row.scope, row.status, row.reason, row.since, row.reported_at, row.expires_at);
      trim.run();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Says that the one that stands was said again. */
  renew({ source, scope }: SignalName, reportedAt: string, expiresAt: string | null): void {
    this.#statements.renew.run(reportedAt, expiresAt, scope, source);
  }

  /** Ends the one that stands. */
  end({ source, scope }: SignalName, at: string): void {
    this.#statements.end.run(at, scope, source);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function openedFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    chmodSync(path, 0o600);
    const form = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (form > FORM) {
      const text = `${path} has form ${form}; this version knows up to ${FORM}: use the newer Verbatim that wrote it.`;
      throw new Fault("INVALID_CONFIGURATION", text);
    }
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
    database.exec(`BEGIN IMMEDIATE; ${TABLE} PRAGMA user_version = ${FORM}; COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
