import { once } from "node:events";
import { createServer } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outboxSql } from "#api";
import { createPostgresOutbox } from "#effects";
import type { Outbox } from "#effects";
import type { DatabaseServer } from "../support/database-process.ts";
import { machineClock } from "../support/machine-clock.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { hooksOf } from "../conformance/outbox-subject.ts";

const HOOKS = `
version: 1
entities:
  Item: { table: items, key: id, fields: { id: int, code: string, local: timestamp, zoned: timestamp, day: timestamp } }
jobs:
  tell: { input: Item, capabilities: [email.send], effect: email.send, with: {} }
hooks:
  Item.after_create: [tell]
`;
const CREATE =
  "CREATE TABLE items (id integer PRIMARY KEY, code numeric, local timestamp, zoned timestamptz, day date)";
const never = new AbortController().signal;
/** A poll that would end the test before it ended a wait. */
const FAR_MS = 600_000;

/** The ids of the records in the outbox, which is empty then. */
async function taken(outbox: Outbox): Promise<readonly unknown[]> {
  const rows = await outbox.read(100);
  await outbox.remove(rows.map(({ place }) => place));
  return rows.map(({ change }) => ("record" in change ? change.record["id"] : change.problem));
}

describe("an outbox in a PostgreSQL of its own", () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startPostgres();
    await run(CREATE);
    await run(outboxSql(await hooksOf(HOOKS), "postgres"));
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  /** What the application does, over a connection of its own. */
  async function run(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      let rows: readonly Record<string, unknown>[] = [];
      for (const sql of statements) ({ rows } = await client.query<Record<string, unknown>>(sql));
      return rows;
    } finally {
      await client.end();
    }
  }

  /** Waits until the database has this many connections of outboxes that are in a state. */
  async function connections(count: number, state: string): Promise<void> {
    const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'verbatim-outbox' AND ${state}`;
    await expect.poll(async () => (await run(sql))[0]?.["n"], { timeout: 20_000 }).toBe(count);
  }

  const LISTENING = "query LIKE 'LISTEN%' AND state = 'idle'";

  test("a wait ends when a transaction commits a row, long before the poll", async () => {
    await using outbox = disposable(createPostgresOutbox({ connectionString: server.url, clock: machineClock }));
    expect(await taken(outbox)).toEqual([]);
    await outbox.wait(FAR_MS, { signal: never }); // from now on it is told
    expect(await taken(outbox)).toEqual([]);
    for (const id of [1, 2]) {
      const waiting = outbox.wait(FAR_MS, { signal: never });
      await run(`INSERT INTO items (id) VALUES (${id})`);
      await waiting;
      expect(await taken(outbox)).toEqual([id]);
    }
  });

  test("a row that is written between a look and a wait ends that wait", async () => {
    await using outbox = disposable(createPostgresOutbox({ connectionString: server.url, clock: machineClock }));
    await outbox.wait(FAR_MS, { signal: never });
    expect(await taken(outbox)).toEqual([]);
    await run("INSERT INTO items (id) VALUES (3)");
    await outbox.wait(FAR_MS, { signal: never });
    expect(await taken(outbox)).toEqual([3]);
  });

  test("the connection that is told of rows is made anew after it broke, and nothing is overlooked", async () => {
    await using outbox = disposable(createPostgresOutbox({ connectionString: server.url, clock: machineClock }));
    await outbox.wait(FAR_MS, { signal: never });
    expect(await taken(outbox)).toEqual([]);
    const waiting = outbox.wait(FAR_MS, { signal: never });
    await run(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'verbatim-outbox' AND ${LISTENING}`,
      "INSERT INTO items (id) VALUES (4)",
    );
    await waiting;
    expect(await taken(outbox)).toEqual([4]);
    await connections(1, LISTENING);
    const again = outbox.wait(FAR_MS, { signal: never });
    await run("INSERT INTO items (id) VALUES (5)");
    await again;
    expect(await taken(outbox)).toEqual([5]);
  });

  test("timestamps, texts and the outbox itself do not depend on the session that writes", async () => {
    await using outbox = disposable(createPostgresOutbox({ connectionString: server.url, clock: machineClock }));
    await run(
      "CREATE SCHEMA IF NOT EXISTS other",
      "SET TimeZone = 'Asia/Kolkata'",
      "SET search_path = other",
      `INSERT INTO public.items VALUES (6, 12345678901234567890.10, '2026-01-02 03:04:05.5', '2026-01-02 03:04:05.5+02', '2026-02-28')`,
    );
    const rows = await outbox.read(1);
    await outbox.remove(rows.map(({ place }) => place));
    expect(rows[0]?.change).toMatchObject({
      record: {
        id: 6,
        code: "12345678901234567890.10",
        local: "2026-01-02T03:04:05.500000Z",
        zoned: "2026-01-02T01:04:05.500000Z",
        day: "2026-02-28T00:00:00.000000Z",
      },
    });
  });

  test("a database that hangs is told as a fault in time, and its outbox goes on when it does", async () => {
    const limits = { connectMs: 300, statementMs: 300 };
    await using outbox = disposable(
      createPostgresOutbox({ connectionString: server.url, clock: machineClock, ...limits }),
    );
    expect(await taken(outbox)).toEqual([]);
    await outbox.wait(FAR_MS, { signal: never });
    await server.signal("SIGSTOP");
    try {
      const startMs = performance.now();
      await expect(outbox.read(1)).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
      await expect(outbox.read(1)).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
      await outbox.wait(100, { signal: never });
      const other = createPostgresOutbox({ connectionString: server.url, clock: machineClock, ...limits });
      await other.wait(1, { signal: never });
      await other.close();
      expect(performance.now() - startMs).toBeLessThan(10_000);
    } finally {
      await server.signal("SIGCONT");
    }
    await run("INSERT INTO items (id) VALUES (7)");
    await expect.poll(async () => await taken(outbox).catch(() => undefined), { timeout: 20_000 }).toEqual([7]);
  });

  test("closing leaves no connection, whether it was made or is being made", async () => {
    await connections(0, "true");
    const outbox = createPostgresOutbox({ connectionString: server.url, clock: machineClock });
    await outbox.read(1);
    await outbox.wait(FAR_MS, { signal: never });
    await connections(2, "true");
    const waiting = outbox.wait(FAR_MS, { signal: never });
    await outbox.close();
    await waiting;
    await connections(0, "true");
    const early = createPostgresOutbox({ connectionString: server.url, clock: machineClock });
    await early.wait(1, { signal: never });
    await early.close();
    await connections(0, "true");
  });

  test("an address that is wrong, or of nobody, is never told in the fault", async () => {
    const silent = createServer().listen(0, "127.0.0.1"); // takes connections and says nothing
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : 0;
    for (const connectionString of [
      `postgresql://user:hunter2@127.0.0.1:${port}/db`,
      "postgresql://user:hunter2@127.0.0.1:1/db",
      "postgresql://user:hunter2@:99999999/db",
    ]) {
      const outbox = createPostgresOutbox({ connectionString, clock: machineClock, connectMs: 300 });
      const error: unknown = await outbox.read(1).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "SOURCE_UNAVAILABLE", message: expect.not.stringContaining("hunter2") });
      await outbox.close();
    }
    silent.close();
  });
});

function disposable(outbox: Outbox): Outbox & AsyncDisposable {
  return { ...outbox, [Symbol.asyncDispose]: async () => await outbox.close() };
}
