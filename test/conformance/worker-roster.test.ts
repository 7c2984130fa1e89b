import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgresRoster } from "#queue";
import type { RosterEntry, WorkerRoster } from "#queue";
import type { DatabaseServer } from "../support/database-process.ts";
import { machineClock } from "../support/machine-clock.ts";
import { startPostgres } from "../support/postgres-server.ts";

const LEASE_MS = 60_000;
const SHORT_MS = 50;

let database: DatabaseServer;

beforeAll(async () => {
  database = await startPostgres();
}, 60_000);

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

/** Lists of one store, each as another process has it; all are closed when it is disposed. */
class Rosters implements AsyncDisposable {
  readonly #store: string = randomUUID();
  readonly #opened = new AsyncDisposableStack();

  async open(store = this.#store): Promise<WorkerRoster> {
    const roster = await openPostgresRoster({ url: database.url, store, session: randomUUID(), clock: machineClock });
    return this.#opened.adopt(roster, (open) => open.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

const entry = (name: string, more: Partial<RosterEntry> = {}): RosterEntry => ({
  name,
  serves: ["command.run"],
  concurrency: 10,
  busy: 0,
  ...more,
});

async function names(roster: WorkerRoster): Promise<readonly string[]> {
  return (await roster.living()).map(({ name }) => name);
}

describe("the list of workers that live", () => {
  test("has who said so, with what it serves, as it said last, in the order of names", async () => {
    await using rosters = new Rosters();
    const [one, two] = [await rosters.open(), await rosters.open()];
    expect(await one.living()).toEqual([]);
    await two.sayAlive(entry("b", { serves: ["webhook.post", "check.command"] }), LEASE_MS);
    await one.sayAlive(entry("a"), LEASE_MS);
    await one.sayAlive(entry("a", { busy: 3 }), LEASE_MS);
    expect(await two.living()).toMatchObject([
      { name: "a", serves: ["command.run"], concurrency: 10, busy: 3 },
      { name: "b", serves: ["webhook.post", "check.command"], busy: 0 },
    ]);
    for (const { upMs, silentMs } of await one.living()) expect(upMs).toBeGreaterThanOrEqual(silentMs);
  });

  test("has two workers of one name, and those of another store not at all", async () => {
    await using rosters = new Rosters();
    const [one, two, other] = [await rosters.open(), await rosters.open(), await rosters.open("another store")];
    for (const roster of [one, two, other]) await roster.sayAlive(entry("same"), LEASE_MS);
    expect(await names(one)).toEqual(["same", "same"]);
    await other.leave();
    expect(await names(one)).toEqual(["same", "same"]);
  });

  test("forgets who leaves at once, and who says nothing when its lease is over", async () => {
    await using rosters = new Rosters();
    const [one, two] = [await rosters.open(), await rosters.open()];
    await one.sayAlive(entry("leaves"), LEASE_MS);
    await two.sayAlive(entry("silent"), SHORT_MS);
    await one.leave();
    await one.leave();
    while ((await names(one)).length > 0) await pause(SHORT_MS / 5);
    await two.sayAlive(entry("silent"), LEASE_MS); // it only was slow
    expect(await names(one)).toEqual(["silent"]);
  });

  test("is made once by many who come at the same time", async () => {
    await using rosters = new Rosters();
    const many = await Promise.all(Array.from({ length: 5 }, () => rosters.open()));
    await Promise.all(many.map((roster, place) => roster.sayAlive(entry(`worker-${place}`), LEASE_MS)));
    expect(await names(await rosters.open())).toHaveLength(5);
  });

  test("says within a bound that its place is away, and is of use again when that is back", async () => {
    await using rosters = new Rosters();
    const one = await rosters.open();
    await one.sayAlive(entry("a"), LEASE_MS);
    await database.kill();
    await expect(one.living()).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
    await database.start();
    expect(await names(one)).toEqual(["a"]);
  }, 60_000);
});
