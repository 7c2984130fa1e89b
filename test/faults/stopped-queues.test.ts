import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import { ChangeOperation } from "../../src/api/gen/verbatim/hooks/v1/hooks_pb.ts";
import { created, HookBench, openDatabase, whenDone } from "../e2e/support/hook-server.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

const USUAL_WORKS = 120;
/** `npm run faults:stops` takes 1,000 over each backend. */
const WORKS = Number(process.env["VERBATIM_FAULT_STOPPED_WORKS"] ?? USUAL_WORKS);
const SERVERS = { memory: undefined, sqlite: undefined, redis: startRedis, postgres: startPostgres } as const;
const BACKENDS = WORKS > USUAL_WORKS ? (["memory", "sqlite", "redis", "postgres"] as const) : (["redis"] as const);
const TEST_MS = 300_000;

function record(title: string): Buffer {
  return Buffer.from(JSON.stringify({ id: 7, title, org_id: 7, wait: 0 }));
}

/** One change that asks for so many effects: in one transaction they are all there. */
async function queued(bench: HookBench, client: VerbatimClient): Promise<void> {
  using database = openDatabase(bench.database);
  database.exec(`DELETE FROM users; WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${WORKS})
    INSERT INTO users SELECT id, 'mail', 'agent', 7 FROM n`);
  await client.hooks.publishChange({
    changeId: "many",
    entity: "Ticket",
    operation: ChangeOperation.UPDATE,
    recordJson: record("new"),
    oldJson: record("old"),
  });
}

/** Effects of work of which there is another one, in this or in another attempt: the key is the same in each. */
function happenedTwice(keys: readonly string[]): readonly string[] {
  return keys.filter((key, at) => keys.indexOf(key) !== at);
}

async function isThere(client: VerbatimClient): Promise<boolean> {
  return await client.queue.getStats({}).then(
    () => true,
    () => false,
  );
}

/** What work is asked for until the server is gone; says of each how it was answered. */
async function askUntilGone(client: VerbatimClient): Promise<readonly string[]> {
  const answers: string[] = [];
  for (let n = 0; !answers.includes("SERVER_UNREACHABLE") && n < 10_000; n++) {
    const answer = await created(client, `late-${n}`, { id: n, title: "late", org_id: 0, wait: 0 }).then(
      () => "accepted",
      (error: unknown) => (error instanceof Fault ? error.code : String(error)),
    );
    answers.push(answer);
    await pause(1);
  }
  return answers;
}

describe.each(BACKENDS)("a whole server over %s that is stopped with work in its queue", (backend) => {
  test(
    `does or keeps each of ${WORKS} pieces, none twice, and refuses what is asked for once the stop has begun`,
    async () => {
      await using resources = new AsyncDisposableStack();
      const directory = resources.use(await scratchDirectory());
      const server: DatabaseServer | undefined = await SERVERS[backend]?.();
      if (server !== undefined) resources.use(server);
      const bench = new HookBench(directory.path);
      await bench.prepare();
      const jobs = {
        backend,
        concurrency: 8,
        lease_seconds: 5,
        ...(server !== undefined && { url: { environment: "QUEUE_URL" } }),
      };
      const environment = { ...(server !== undefined && { QUEUE_URL: server.url }) };
      const first = resources.use(await bench.start({ jobs }, environment));
      using client = await first.client();
      await created(client, "slow", { id: 1, title: "slow", org_id: 0, wait: 1500 });
      await queued(bench, client);
      await expect
        .poll(async () => (await bench.happened()).length, { timeout: 60_000, interval: 5 })
        .toBeGreaterThan(3);
      const asked = askUntilGone(client);
      expect(await first.end("SIGTERM")).toEqual({ code: 0, signal: null });
      const answers = await asked;
      const refused = answers.indexOf("DRAINING");
      expect(refused).toBeGreaterThan(-1);
      expect(new Set(answers.slice(refused))).toEqual(new Set(["DRAINING", "SERVER_UNREACHABLE"]));
      const accepted = answers.slice(0, refused);
      expect(accepted.every((answer) => answer === "accepted")).toBe(true);
      const before = await bench.happened();
      expect(before.length).toBeLessThan(WORKS + 1);

      const second = resources.use(await bench.start({ jobs }, environment));
      using next = await second.client();
      // Its address is that of the first one, which the client's library has just found to be gone.
      await expect.poll(async () => await isThere(next), { timeout: 30_000 }).toBe(true);
      await whenDone(next);
      const happened = await bench.happened();
      expect(happened.slice(0, before.length)).toEqual(before);
      expect(happenedTwice(happened)).toEqual([]);
      expect(happened).toHaveLength(WORKS + 1 + accepted.length);
      expect((await next.queue.getStats({})).dead).toBe(0n);
    },
    TEST_MS,
  );
});
