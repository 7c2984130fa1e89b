import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { outboxSql } from "#api";
import { WorkState } from "../../src/api/gen/verbatim/queue/v1/queue_pb.ts";
import { hooksOf } from "../conformance/outbox-subject.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";
import { HOOKS, OutageBench, TABLES } from "./outages/outage-bench.ts";

/** `npm run faults:outages` has each outage last for a minute. */
const OUTAGE_MS = Number(process.env["VERBATIM_FAULT_OUTAGE_SECONDS"] ?? 1) * 1000;
/** What is asked for in a minute is not so much that a busy machine has to work it off for long. */
const REQUEST_MS = Math.max(100, OUTAGE_MS / 200);
const BACK_WITHIN_MS = 10_000;
/** A request waits once for a server that is silent, for its 5 seconds; a busy machine needs more than that to say so. */
const ANSWERED_WITHIN_MS = 8000;
/** What a server takes for what it does anyway while it is used for the first time. */
const GROWN_AT_MOST_MIB = 160;
const TEST_MS = 9 * OUTAGE_MS + 600_000;

type Outage = readonly [
  what: string,
  begin: (server: DatabaseServer) => Promise<void>,
  end: (server: DatabaseServer) => Promise<void>,
];

const KILLED: Outage = ["killed and started again", (server) => server.kill(), (server) => server.start()];
const EMPTIED: Outage = [
  "killed and started with nothing in it",
  (server) => server.kill(),
  (server) => server.startEmpty(),
];
const STOPPED: Outage = [
  "stopped and continued",
  (server) => server.signal("SIGSTOP"),
  (server) => server.signal("SIGCONT"),
];

/** One outage after the other, with work that comes in all the time; says after which time the work went on. */
async function through(outages: readonly Outage[], server: DatabaseServer, bench: OutageBench): Promise<void> {
  for (const [what, begin, end] of outages) {
    await bench.untilWorkGoesOn();
    const before = bench.accepted.length;
    await begin(server);
    await pause(OUTAGE_MS);
    const meanwhile = bench.accepted.length - before;
    await end(server);
    const ms = await bench.untilWorkGoesOn();
    console.info(`${what}: ${meanwhile} accepted meanwhile, work went on after ${Math.round(ms)} ms`);
    expect([what, ms < BACK_WITHIN_MS]).toEqual([what, true]);
    expect([what, meanwhile > 0 || what === STOPPED[0]]).toEqual([what, true]);
  }
}

/** What holds of the process whatever was away. */
async function isSound(bench: OutageBench): Promise<void> {
  expect(bench.refused).toEqual([]);
  expect(bench.slowestMs).toBeLessThan(ANSWERED_WITHIN_MS);
  expect(bench.grownMiB()).toBeLessThan(GROWN_AT_MOST_MIB);
  const failures = bench.server
    .log()
    .split("\n")
    .filter((line) => /"level":(?:40|50|60)/.test(line));
  expect(failures.length, failures.join("\n")).toBeLessThan(20);
  expect(await bench.server.end("SIGTERM")).toEqual({ code: 0, signal: null });
}

describe.concurrent("a whole server whose work goes on after its servers were away", () => {
  test(
    "over Redis: no accepted work is lost or done twice, however it went away and with whatever it comes back",
    async () => {
      await using redis = await startRedis();
      await using bench = await OutageBench.start({
        job: "tell",
        jobs: { backend: "redis", url: { environment: "QUEUE_URL" } },
        environment: { QUEUE_URL: redis.url },
        requestMs: REQUEST_MS,
      });
      bench.stream({ firstTicket: 1 });
      await through([KILLED, STOPPED, EMPTIED], redis, bench);
      await bench.untilDone();
      const keys = bench.effects().map(({ key }) => key);
      expect(keys.toSorted()).toEqual(
        bench.accepted.flatMap(({ workIds }) => workIds.map((id) => `${id}/0`)).toSorted(),
      );
      const [begun, ended] = ["queue.unavailable", "queue.available"] as const;
      await bench.until("each end is told", () => bench.events(ended).length === bench.events(begun).length);
      expect([1, 2, 3]).toContain(bench.events(begun).length);
      await isSound(bench);
    },
    TEST_MS,
  );

  test(
    "over PostgreSQL as queue, outbox and source of records: each committed row and each accepted change comes to each effect once",
    async () => {
      await using postgres = await startPostgres();
      await withClient(postgres.url, async (client) => {
        await client.query(TABLES);
        await client.query(outboxSql(await hooksOf(HOOKS.replaceAll("JOB", "tell_agents")), "postgres"));
      });
      const reference = { environment: "DATABASE_URL" };
      await using bench = await OutageBench.start({
        job: "tell_agents",
        jobs: { backend: "postgres", url: reference },
        hooks: { outbox: true, outbox_seconds: 0.2, source: { postgres: reference } },
        environment: { DATABASE_URL: postgres.url },
        requestMs: REQUEST_MS,
      });
      bench.stream({ firstTicket: 1_000_000 });
      const application = new Application(postgres.url);
      await through([KILLED, STOPPED], postgres, bench);
      await application.close();
      const committed = await withClient(postgres.url, async (client) => {
        await bench.until("the outbox is empty", async () => {
          const { rows } = await client.query<{ n: string }>("SELECT count(*) AS n FROM verbatim_outbox");
          return rows[0]?.n === "0";
        });
        return (await client.query<{ id: string }>("SELECT id FROM tickets")).rows.map(({ id }) => Number(id));
      });
      await bench.untilDone();
      const tickets = [...committed, ...bench.accepted.map(({ ticket }) => ticket)];
      const asked = tickets.flatMap((ticket) => [`${ticket} 1`, `${ticket} 3`]);
      expect(
        bench
          .effects()
          .map(({ ticket, user }) => `${ticket} ${user}`)
          .toSorted(),
      ).toEqual(asked.toSorted());
      expect([committed.length > 5, bench.accepted.length > 5]).toEqual([true, true]);
      for (const { workIds } of bench.accepted.slice(-3))
        for (const workId of workIds)
          expect((await bench.client.queue.getWork({ workId })).work?.state).toBe(WorkState.COMPLETED);
      await bench.until("the end of the outage is told", () => bench.events("outbox.goes_on").length > 0);
      await isSound(bench);
    },
    TEST_MS,
  );
});

async function withClient<T>(connectionString: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

/** An application that commits ticket after ticket, and connects anew when its database was away. */
class Application {
  readonly #url: string;
  readonly #running: Promise<void>;
  #ends = false;

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#commit();
  }

  async #commit(): Promise<void> {
    for (let ticket = 1; !this.#ends;) {
      try {
        await withClient(this.#url, async (client) => {
          for (; !this.#ends; ticket++) {
            await client.query("INSERT INTO tickets VALUES ($1, 7) ON CONFLICT (id) DO NOTHING", [ticket]);
            await pause(REQUEST_MS);
          }
        });
      } catch {
        await pause(50); // what has become of the last one is found out by writing it again
      }
    }
  }

  async close(): Promise<void> {
    this.#ends = true;
    await this.#running;
  }
}
