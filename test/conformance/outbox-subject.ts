import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import type { HookSet } from "#model";
import { outboxSql, readHooks } from "#api";
import type { OutboxDialect } from "#api";
import { createPostgresOutbox, createSqliteOutbox } from "#effects";
import type { Outbox } from "#effects";
import { machineClock } from "../support/machine-clock.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

/** A database with an application's tables in it, and its outbox. */
export interface OutboxSubject extends AsyncDisposable {
  readonly dialect: OutboxDialect;
  /** What the application does, as one transaction where it says so. */
  run(sql: string): Promise<void>;
  /** What a query finds, by name. */
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Over the same database. */
  open(): Outbox;
}

/** The file of hooks whose outbox is tested. */
export async function hooksOf(yaml: string): Promise<HookSet> {
  const read = await readHooks(yaml, { name: "hooks.yaml" });
  if ("violations" in read) throw new Error(JSON.stringify(read.violations));
  return read.value;
}

/** Makes the outbox's table and its triggers. */
export async function install(subject: OutboxSubject, hooks: HookSet): Promise<void> {
  await subject.run(outboxSql(hooks, subject.dialect));
}

/** A SQLite file of its own. */
export async function sqliteSubject(): Promise<OutboxSubject> {
  const directory = await scratchDirectory();
  const file = join(directory.path, "app.db");
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec("PRAGMA journal_mode = WAL");
  const outboxes: Outbox[] = [];
  return {
    dialect: "sqlite",
    run: async (sql) => database.exec(sql),
    rows: async (sql) => database.prepare(sql).all(),
    open() {
      const outbox = createSqliteOutbox({ file, clock: machineClock });
      outboxes.push(outbox);
      return outbox;
    },
    async [Symbol.asyncDispose]() {
      for (const outbox of outboxes) await outbox.close();
      database.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A database of a PostgreSQL that is thrown away with it. */
export async function postgresSubject(): Promise<OutboxSubject & { readonly url: string }> {
  const server = await startPostgres();
  const client = new pg.Client({ connectionString: server.url });
  client.on("error", () => undefined);
  await client.connect();
  const outboxes: Outbox[] = [];
  return {
    dialect: "postgres",
    url: server.url,
    async run(sql) {
      await client.query(sql);
    },
    rows: async (sql) => (await client.query<Record<string, unknown>>(sql)).rows,
    open() {
      const outbox = createPostgresOutbox({ connectionString: server.url, clock: machineClock });
      outboxes.push(outbox);
      return outbox;
    },
    async [Symbol.asyncDispose]() {
      for (const outbox of outboxes) await outbox.close();
      await client.end();
      await server[Symbol.asyncDispose]();
    },
  };
}
