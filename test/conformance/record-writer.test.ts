import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { createPostgresWriter, createSqliteWriter } from "#effects";
import type { RecordWriter } from "#effects";
import type { FieldType } from "#model";
import { realClock } from "../effects/support/clock.ts";
import { freePort } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { recordWriterConformance, TABLES } from "./record-writer.ts";

const clock = realClock;
const NOTES =
  "SELECT id, body, CAST(stars AS TEXT) AS stars, CAST(weight AS TEXT) AS weight, CAST(CAST(done AS INT) AS TEXT) AS done, CAST(at AS TEXT) AS at, more, verbatim_key FROM notes ORDER BY id";
const NOTE = { table: "notes", key: "id", idempotencyColumn: "verbatim_key" };
const COLUMNS = [{ name: "body", type: "string" satisfies FieldType as FieldType, value: "x" }];

/** The tables of the suite in a database's own words. */
function tables(words: Readonly<Record<string, string>>): string {
  return Object.entries(words).reduce((text, [word, own]) => text.replaceAll(word, own), TABLES);
}

const SQLITE = tables({
  "id KEY": "id INTEGER PRIMARY KEY",
  INT8: "INTEGER",
  REAL8: "REAL",
  TIMESTAMPTZ: "TEXT",
  JSON: "TEXT",
});
const POSTGRES = tables({
  "id KEY": "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  INT8: "bigint",
  REAL8: "double precision",
  JSON: "jsonb",
});

recordWriterConformance("a SQLite file", async () => {
  const directory = await scratchDirectory();
  const file = join(directory.path, "app.db");
  const database = new DatabaseSync(file);
  database.exec(SQLITE);
  const open = (): RecordWriter => createSqliteWriter({ file, clock });
  const writer = open();
  return {
    writer,
    open,
    nowhere: () => createSqliteWriter({ file: join(directory.path, "none.db"), clock }),
    async notes() {
      const rows = database.prepare(NOTES).all();
      return rows.map((row) => ({
        ...row,
        more: row["more"] === null ? null : (JSON.parse(String(row["more"])) as unknown),
      }));
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      database.close();
      expect(existsSync(join(directory.path, "none.db"))).toBe(false);
      await directory[Symbol.asyncDispose]();
    },
  };
});

recordWriterConformance("PostgreSQL", async () => {
  const server = await startPostgres();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(POSTGRES);
  const nobody = `postgres://verbatim@127.0.0.1:${await freePort()}/postgres`;
  const open = (): RecordWriter => createPostgresWriter({ connectionString: server.url });
  const writer = open();
  return {
    writer,
    open,
    nowhere: () => createPostgresWriter({ connectionString: nobody, connectMs: 1000 }),
    notes: async () => (await client.query<Record<string, unknown>>(NOTES)).rows,
    async [Symbol.asyncDispose]() {
      await writer.close();
      await client.end();
      await server[Symbol.asyncDispose]();
    },
  };
});

describe("entity.create into a SQLite file that somebody else writes to", () => {
  it("waits for the other writer without holding up this process, and gives up in time", async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, "app.db");
    const other = new DatabaseSync(file);
    other.exec(SQLITE);
    const writer = createSqliteWriter({ file, clock, busyMs: 300 });
    const write = (idempotencyKey: string, signal = new AbortController().signal) =>
      writer.createRecord(NOTE, COLUMNS, { idempotencyKey, signal });
    other.exec("BEGIN IMMEDIATE");
    expect(await write("a")).toMatchObject({ kind: "refused", errorClass: "transient_io" });
    const stop = new AbortController();
    const stopped = write("b", stop.signal);
    stop.abort();
    expect(await stopped).toEqual({ kind: "stopped" });
    const waits = createSqliteWriter({ file, clock });
    let isOver = false;
    const written = waits
      .createRecord(NOTE, COLUMNS, { idempotencyKey: "c", signal: new AbortController().signal })
      .finally(() => (isOver = true));
    expect(isOver).toBe(false);
    other.exec("COMMIT");
    expect(await written).toMatchObject({ kind: "created" });
    await Promise.all([writer.close(), waits.close()]);
    other.close();
  });
});

const OTHERS = "FROM pg_stat_activity WHERE application_name = 'verbatim' AND state = 'active'";

/** Resolves when so many statements of the writer are with the database, those that were given up and wait for a lock among them. */
async function whenActive(watcher: pg.Client, statements: number): Promise<void> {
  for (;;) {
    const { rowCount } = await watcher.query(`SELECT 1 ${OTHERS}`);
    if (rowCount === statements) return;
  }
}

describe("entity.create into PostgreSQL that is slow or goes away", () => {
  it("stops when it is told to, and adds one record under one key after its connections were ended", async () => {
    await using server = await startPostgres();
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(POSTGRES);
    const writer = createPostgresWriter({ connectionString: server.url });
    const write = (idempotencyKey: string, signal = new AbortController().signal) =>
      writer.createRecord(NOTE, COLUMNS, { idempotencyKey, signal });
    const watcher = new pg.Client({ connectionString: server.url }); // a transaction would see what it saw at first
    await watcher.connect();
    for (const one of [client, watcher]) one.on("error", () => undefined); // told by what is asked of it
    await client.query("BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE");
    const stop = new AbortController();
    const stopped = write("a", stop.signal);
    stop.abort();
    expect(await stopped).toEqual({ kind: "stopped" });
    const stopLater = new AbortController();
    const waiting = write("a", stopLater.signal);
    await whenActive(watcher, 1);
    stopLater.abort();
    expect(await waiting).toEqual({ kind: "stopped" });
    const cut = write("b");
    await whenActive(watcher, 2);
    await watcher.query(`SELECT pg_terminate_backend(pid) ${OTHERS}`);
    expect(await cut).toMatchObject({ kind: "refused", errorClass: "transient_io" });
    await client.query("COMMIT");
    expect(await write("b")).toMatchObject({ kind: "created" });
    expect(await write("b")).toMatchObject({ kind: "known" });
    await writer.close();
    await Promise.all([client.end(), watcher.end()]);
  });
});
