/** One change of the tables. What was given out once is never changed: a later change is another migration. */
export interface Migration {
  /** 1, 2, ... */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const TABLES = `
CREATE TABLE runs (
  run_no INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  plan_hash TEXT NOT NULL,
  submitted_by TEXT NOT NULL,
  why TEXT,
  contract_id TEXT,
  created_at TEXT NOT NULL,
  ended_at TEXT,
  jobs_declared INTEGER NOT NULL,
  size INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_time ON runs (kind, created_at, run_no);
CREATE INDEX open_runs ON runs (run_no) WHERE ended_at IS NULL;
CREATE TABLE jobs (
  run_no INTEGER NOT NULL,
  key TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  marked INTEGER NOT NULL,
  reason TEXT,
  error_class TEXT,
  PRIMARY KEY (run_no, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE attempts (
  run_no INTEGER NOT NULL,
  key TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  status TEXT NOT NULL,
  error_class TEXT,
  reason TEXT,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  duration_seconds REAL,
  exit_code INTEGER,
  peak_rss_bytes INTEGER,
  cpu_seconds REAL,
  retry_delay_ms INTEGER,
  PRIMARY KEY (run_no, key, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE words (
  run_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  job_key TEXT,
  status TEXT,
  actor TEXT NOT NULL,
  reason TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (run_no, seq)
) STRICT, WITHOUT ROWID;
`;

/** Every migration, in order. */
export const MIGRATIONS: readonly Migration[] = [{ version: 1, name: "tables", sql: TABLES }];
