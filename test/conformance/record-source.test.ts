import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it } from "vitest";
import type { FieldType } from "#model";
import { createMemorySource, createPostgresSource, createSqliteSource } from "#effects";
import type { RecordSource } from "#effects";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { recordSourceConformance, TABLES } from "./record-source.ts";

const never = new AbortController().signal;

const SCHEMA = `
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, org_id bigint, active boolean, score double precision, hidden text);
CREATE TABLE "odd ""table""; --" (key text PRIMARY KEY, "sel""ect" text);`;

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function inserts(): readonly {
  readonly text: string;
  readonly values: readonly (string | number | boolean | null)[];
}[] {
  return Object.entries(TABLES).flatMap(([table, rows]) =>
    rows.map((row) => {
      const columns = Object.keys(row);
      return {
        text: `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(", ")}) VALUES (${columns.map((_, at) => `$${at + 1}`).join(", ")})`,
        values: Object.values(row),
      };
    }),
  );
}

function openMemory(): RecordSource {
  return createMemorySource(new Map(Object.entries(TABLES)));
}

recordSourceConformance("memory", async () => {
  const source = openMemory();
  return { source, open: openMemory, [Symbol.asyncDispose]: async () => await source.close() };
});

recordSourceConformance("a SQLite file", async () => {
  const directory = await scratchDirectory();
  const file = join(directory.path, "app.db");
  const database = new DatabaseSync(file);
  database.exec(SCHEMA);
  for (const { text, values } of inserts()) {
    const bound = values.map((value) => (typeof value === "boolean" ? Number(value) : value));
    database.prepare(text.replaceAll("$", "?")).run(...bound);
  }
  database.close();
  const open = (): RecordSource => createSqliteSource({ file });
  const source = open();
  return {
    source,
    open,
    async [Symbol.asyncDispose]() {
      await source.close();
      await directory[Symbol.asyncDispose]();
    },
  };
});

recordSourceConformance("PostgreSQL", async () => {
  const server = await startPostgres();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(SCHEMA);
  for (const { text, values } of inserts()) await client.query(text, [...values]);
  await client.end();
  const open = (): RecordSource => createPostgresSource({ connectionString: server.url });
  const source = open();
  return {
    source,
    open,
    async [Symbol.asyncDispose]() {
      await source.close();
      await server[Symbol.asyncDispose]();
    },
  };
});

describe("a source of records in a SQLite file of its own", () => {
  it("opens the file for reading only, and when it is needed", async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, "later.db");
    const source = createSqliteSource({ file });
    const ask = async () =>
      await source.readRecords(
        { table: "t", fields: new Map([["id", "int"]]), column: "id" },
        { values: [1], maxRecords: 1, signal: never },
      );
    await expect(ask()).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1)");
    expect(await ask()).toEqual([{ id: 1 }]);
    database.exec("BEGIN EXCLUSIVE; INSERT INTO t VALUES (2); COMMIT"); // the reader is in nobody's way
    database.close();
    await source.close();
  });

  it("takes a name that is no column for a fault, and not for a text", async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, "app.db");
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1)");
    database.close();
    const source = createSqliteSource({ file });
    const query = {
      table: "t",
      fields: new Map<string, FieldType>([
        ["id", "int"],
        ["gone", "string"],
      ]),
      column: "id",
    };
    await expect(source.readRecords(query, { values: [1], maxRecords: 1, signal: never })).rejects.toMatchObject({
      code: "NOT_CONFIGURED",
    });
    await source.close();
  });
});

describe("a source of records in a PostgreSQL of its own", () => {
  const FIELDS: ReadonlyMap<string, FieldType> = new Map([
    ["id", "int"],
    ["uuid", "string"],
    ["small", "int"],
    ["amount", "double"],
    ["at", "timestamp"],
    ["zoned", "timestamp"],
    ["day", "timestamp"],
    ["meta", "json"],
    ["state", "string"],
    ["data", "json"],
  ]);
  const VALUES = `(1, '7d793037-a076-4d2a-9d6b-0f4a4a5a2f11', 5, 12345678901234567890.123456789, '2026-01-02 03:04:05.123456', '2026-01-02 03:04:05.5+02', '2026-02-28', '{"a": 12345678901234567890, "b": [1.50, null, {"c": "x"}]}', 'open', '[1e2, "x"]')`;

  async function withTypes(test: (source: RecordSource, url: string) => Promise<void>): Promise<void> {
    await using server = await startPostgres();
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(`CREATE TYPE states AS ENUM ('open', 'shut'); CREATE SCHEMA app;
      CREATE TABLE app.things (id integer, uuid uuid, small smallint, amount numeric, at timestamp, zoned timestamptz, day date, meta jsonb, state states, data json);
      INSERT INTO app.things VALUES ${VALUES};
      CREATE FUNCTION slow() RETURNS integer LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(20)'; CREATE VIEW sleepy AS SELECT slow() AS id`);
    await client.end();
    const source = createPostgresSource({ connectionString: server.url, statementMs: 700 });
    await test(source, server.url);
    await source.close();
  }

  it("loses nothing of the types that JSON does not have", async () => {
    await withTypes(async (source) => {
      const query = { table: "app.things", fields: FIELDS, column: "uuid" };
      const values = ["7d793037-a076-4d2a-9d6b-0f4a4a5a2f11"];
      expect(await source.readRecords(query, { values, maxRecords: 1, signal: never })).toEqual([
        {
          id: 1,
          uuid: values[0],
          small: 5,
          amount: "12345678901234567890.123456789",
          at: "2026-01-02T03:04:05.123456Z",
          zoned: "2026-01-02T01:04:05.5Z",
          day: "2026-02-28T00:00:00Z",
          meta: { a: "12345678901234567890", b: [1.5, null, { c: "x" }] },
          state: "open",
          data: [100, "x"],
        },
      ]);
      const states = { ...query, column: "state" };
      expect(await source.readRecords(states, { values: ["open"], maxRecords: 1, signal: never })).toHaveLength(1);
    });
  });

  it("says of a value that is not what was declared that the file does not fit, and does not show it", async () => {
    await withTypes(async (source) => {
      const fields = new Map<string, FieldType>([
        ["id", "int"],
        ["state", "int"],
      ]);
      const reading = source.readRecords(
        { table: "app.things", fields, column: "id" },
        { values: [1], maxRecords: 1, signal: never },
      );
      await expect(reading).rejects.toMatchObject({
        code: "NOT_CONFIGURED",
        message: expect.not.stringContaining("open"),
      });
    });
  });

  it("is ended by the database after its time, and by a signal at once; the next reading works", async () => {
    await withTypes(async (source) => {
      const sleepy = { table: "sleepy", fields: new Map<string, FieldType>([["id", "int"]]), column: "id" };
      const options = { values: [1], maxRecords: 1, signal: never };
      await expect(source.readRecords(sleepy, options)).rejects.toMatchObject({ code: "DEADLINE_PASSED" });
      const stop = new AbortController();
      const reading = source.readRecords(sleepy, { ...options, signal: stop.signal });
      stop.abort();
      await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
      const query = { table: "app.things", fields: new Map<string, FieldType>([["id", "int"]]), column: "id" };
      expect(await source.readRecords(query, options)).toEqual([{ id: 1 }]);
      expect(await source.readRecords(query, options)).toEqual([{ id: 1 }]);
    });
  });

  it("is unavailable while the server is gone, and reads again when it is back", async () => {
    await using server = await startPostgres();
    const source = createPostgresSource({ connectionString: server.url, connectMs: 2000 });
    const ask = async () =>
      await source.readRecords(
        { table: "pg_catalog.pg_namespace", fields: new Map([["nspname", "string"]]), column: "nspname" },
        { values: ["public"], maxRecords: 1, signal: never },
      );
    expect(await ask()).toEqual([{ nspname: "public" }]);
    await server.kill();
    await expect(ask()).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
    await server.start();
    expect(await ask()).toEqual([{ nspname: "public" }]);
    await source.close();
  });

  it("may only read, whatever its user may do", async () => {
    await withTypes(async (source, url) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`CREATE TABLE traces (id integer); CREATE FUNCTION leave_trace() RETURNS integer LANGUAGE sql VOLATILE AS 'INSERT INTO traces VALUES (1) RETURNING id';
        CREATE VIEW writing AS SELECT leave_trace() AS id`);
      const query = { table: "writing", fields: new Map<string, FieldType>([["id", "int"]]), column: "id" };
      await expect(source.readRecords(query, { values: [1], maxRecords: 1, signal: never })).rejects.toThrow(
        "read-only",
      );
      expect((await client.query("SELECT * FROM traces")).rows).toEqual([]);
      await client.end();
    });
  });
});
