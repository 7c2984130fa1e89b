import pg from "pg";
import { expect, test } from "vitest";
import { outboxSql } from "#api";
import { createPostgresOutbox } from "#effects";
import { OutboxRelay } from "#orchestration";
import { WorkStore } from "#queue";
import { hooksOf } from "../../conformance/outbox-subject.ts";
import { machineClock } from "../../support/machine-clock.ts";
import { startPostgres } from "../../support/postgres-server.ts";

const HOOKS = `
version: 1
entities:
  Item: { table: items, key: id, fields: { id: int } }
jobs:
  tell: { input: Item, capabilities: [email.send], effect: email.send, with: {} }
hooks:
  Item.after_create: [tell]
`;
const ROWS = 150;

test("a PostgreSQL that is killed while its rows are taken in loses none of them, and none is taken in twice", async () => {
  await using server = await startPostgres();
  const write = async (...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      let rows: readonly Record<string, unknown>[] = [];
      for (const sql of statements) ({ rows } = await client.query<Record<string, unknown>>(sql));
      return rows;
    } finally {
      await client.end();
    }
  };
  await write("CREATE TABLE items (id integer PRIMARY KEY)", outboxSql(await hooksOf(HOOKS), "postgres"));
  await write(`INSERT INTO items SELECT generate_series(1, ${ROWS})`);
  await write("BEGIN", "INSERT INTO items VALUES (100000)", "ROLLBACK");
  const store = new WorkStore({ path: ":memory:", clock: machineClock });
  const records: unknown[] = [];
  let asked = 0;
  let killing: Promise<void> | undefined;
  const outbox = createPostgresOutbox({ connectionString: server.url, clock: machineClock });
  const waits: unknown[] = [];
  const relay = new OutboxRelay({
    outbox,
    clock: machineClock,
    pollMs: 600_000, // the database tells of what is written later
    onNews: (news) => waits.push(news),
    desk: {
      async publish({ changeId, record }) {
        const work = { id: changeId, name: "tell", capability: "email.send", priority: 5, payload: {} };
        const { added } = store.accept([work]);
        if (added.length > 0) records.push(record["id"]);
        if (++asked === 50) await (killing = server.kill()); // before the rows of this reading are removed
        return { hooks: [], works: [], added: added.length };
      },
    },
  });
  relay.start();
  await expect.poll(() => killing !== undefined, { timeout: 20_000 }).toBe(true);
  await killing;
  await expect.poll(() => waits.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await server.start();
  await expect.poll(() => records.length, { timeout: 20_000 }).toBe(ROWS);
  await write("INSERT INTO items VALUES (1000)");
  await expect.poll(async () => (await write("SELECT * FROM verbatim_outbox")).length, { timeout: 20_000 }).toBe(0);
  await relay.close();
  await outbox.close();
  store.close();
  const committed = (await write("SELECT id FROM items ORDER BY id")).map(({ id }) => id);
  expect(committed).toHaveLength(ROWS + 1);
  expect(records).toEqual(committed);
  expect(asked).toBeGreaterThan(committed.length); // some were told again
}, 60_000);
