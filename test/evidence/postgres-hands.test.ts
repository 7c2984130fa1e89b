import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Cancellation } from "#model";
import type { DatabaseServer } from "../support/database-process.ts";
import { SchemaOwner } from "../support/evidence-schema.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { completed, created, note } from "./support/drafts.ts";
import { linesOf } from "./support/logs.ts";
import { SharedStores } from "./support/shared-stores.ts";

let server: DatabaseServer;

beforeAll(async () => {
  server = await startPostgres({ syncs: true });
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const DRIVER = { hands: "driver" } as const;
const ALL = { hands: "worker", serves: ["email.send", "command.run"] } as const;

test("P2 a run that was handed over is claimed at once by a worker that serves all it needs, and by nobody else", async () => {
  await using stores = new SharedStores(server.url);
  const [driver, other, worker] = [stores.open(), stores.open(), stores.open()];
  await driver.append("run-1", 0, [created("run-1")]);
  expect(driver.epochOf("run-1")).toBe("1");
  await driver.handOver("run-1", ["command.run", "email.send"]);
  expect(driver.epochOf("run-1")).toBeUndefined();
  expect(await driver.waiting()).toMatchObject([{ runId: "run-1", needs: ["command.run", "email.send"] }]);

  expect(await other.takeOver()).toEqual([]);
  expect(await driver.takeOver()).toEqual([]);
  expect(await other.claim("run-1", DRIVER)).toBeUndefined();
  expect(await worker.takeOver({ hands: "worker", serves: ["command.run"] })).toEqual([]);
  await expect(other.append("run-1", 1, [note(1)])).rejects.toMatchObject({ code: "RUN_FENCED" });
  await expect(driver.append("run-1", 1, [note(1)])).rejects.toMatchObject({ code: "RUN_FENCED" });

  expect(await worker.claim("run-1", ALL)).toMatchObject({ runId: "run-1", size: 1 });
  expect(worker.epochOf("run-1")).toBe("2");
  expect(await worker.claim("run-1", ALL)).toMatchObject({ size: 1 });
  expect(worker.epochOf("run-1")).toBe("2");
  expect(await other.claim("run-1", ALL)).toBeUndefined();
  expect(await driver.waiting()).toEqual([]);
  await worker.append("run-1", 1, [note(1), completed()]);
  expect(await linesOf(driver, "run-1")).toHaveLength(3);
  expect(await other.claim("run-1", ALL)).toBeUndefined();
});

test("many workers that look at the same time share what was handed over, and each takes no more than it asks for", async () => {
  await using stores = new SharedStores(server.url);
  const [driver, ...workers] = [stores.open(), stores.open(), stores.open(), stores.open()];
  const runIds = Array.from({ length: 12 }, (_nothing, place) => `run-${place}`);
  for (const runId of runIds) {
    await driver.append(runId, 0, [created(runId)]);
    await driver.handOver(runId, ["command.run"]);
  }
  for (const worker of workers) await worker.openRuns();
  const taken = await Promise.all(workers.map((worker) => worker.takeOver({ ...ALL, max: 4 })));
  for (const heads of taken) expect(heads.length).toBeLessThanOrEqual(4);
  const rest = await workers[0]?.takeOver({ ...ALL, max: 12 });
  const all = [...taken, rest ?? []].flat().map(({ runId }) => runId);
  expect(all.toSorted()).toEqual(runIds.toSorted());
});

test("a run that was let go may be claimed at once by another driver, and what is not held cannot be handed over", async () => {
  await using stores = new SharedStores(server.url);
  const freed = vi.fn<(runIds: readonly string[], hands: string) => void>();
  const [first, second] = [stores.open(), stores.open({}, { onFree: freed })];
  await second.openRuns();
  await first.append("run-1", 0, [created("run-1")]);
  expect(await second.claim("run-1", DRIVER)).toBeUndefined();
  await expect(second.handOver("run-1", [])).rejects.toMatchObject({ code: "RUN_FENCED" });
  await vi.waitFor(async () => {
    const runId = `run-${randomUUID()}`; // it is told of what came after it began to listen
    await first.append(runId, 0, [created(runId)]);
    await first.release(runId);
    expect(freed).toHaveBeenCalledWith([expect.stringMatching(/^run-/)], "driver");
  }, 10_000);
  await first.release("run-1");
  expect(await second.claim("run-1", DRIVER)).toMatchObject({ runId: "run-1" });
  await expect(first.append("run-1", 1, [note(1)])).rejects.toMatchObject({ code: "RUN_FENCED" });
  await second.append("run-1", 1, [completed()]);
});

test("P2 the wish that a run be stopped reaches its holder, whether it was said before or after the claim, and the first one counts", async () => {
  await using stores = new SharedStores(server.url);
  const asked = vi.fn<(runId: string, cancellation: Cancellation) => void>();
  const [driver, worker] = [stores.open(), stores.open({ leaseMs: 900 }, { onStopAsked: asked })];
  const wish = { cancelledBy: "ann", reason: "enough" };
  for (const runId of ["before", "after"]) {
    await driver.append(runId, 0, [created(runId)]);
    await driver.handOver(runId, []);
  }
  await driver.askToStop("before", wish);
  await driver.askToStop("before", { cancelledBy: "bob", reason: "later" });
  expect(asked).not.toHaveBeenCalled();
  expect(await worker.takeOver(ALL)).toHaveLength(2);
  expect(worker.stopAsked("before")).toEqual(wish);
  expect(worker.stopAsked("after")).toBeUndefined();
  await driver.askToStop("after", wish);
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2), 5000);
  expect(asked.mock.calls).toEqual([
    ["before", wish],
    ["after", wish],
  ]);
  await worker.append("after", 1, [completed()]);
  await driver.askToStop("after", wish);
  expect(worker.stopAsked("after")).toBeUndefined();
});

test("the log of an attempt has a name that no caller can choose, and no list of runs shows it", async () => {
  await using stores = new SharedStores(server.url);
  const store = stores.open();
  const attempt = `~${"a".repeat(43)}`;
  await store.append("run-1", 0, [created("run-1")]);
  await store.append(attempt, 0, [created(attempt)]);
  expect(await store.runs({ limit: 10 })).toMatchObject([{ runId: "run-1" }]);
  expect(await store.head(attempt)).toMatchObject({ size: 1 });
  expect(await store.openRuns()).toHaveLength(1);
});

test("a run that rests until somebody speaks is passed over by whoever looks, and is had at once by who names it or appends to it", async () => {
  await using stores = new SharedStores(server.url);
  const [first, second, third] = [stores.open(), stores.open(), stores.open()];
  for (const runId of ["named", "appended"]) {
    await first.append(runId, 0, [created(runId)]);
    await first.rest(runId);
    expect(first.epochOf(runId)).toBeUndefined();
  }
  expect(await second.takeOver()).toEqual([]);
  expect(await second.claim("named", ALL)).toBeUndefined();
  expect(await second.claim("named", DRIVER)).toMatchObject({ size: 1 });
  expect(await third.claim("named", DRIVER)).toBeUndefined();
  await third.append("appended", 1, [note(1)]);
  await expect(first.append("appended", 2, [note(2)])).rejects.toMatchObject({ code: "RUN_FENCED" });
  await second.release("named");
  await third.release("appended"); // a driver's again: the word was said
  expect((await first.takeOver()).map(({ runId }) => runId)).toEqual(["named", "appended"]);
});

test("a run that has ended is held by nobody, so that any process may open it again", async () => {
  await using stores = new SharedStores(server.url);
  const [first, second] = [stores.open(), stores.open()];
  await first.append("run-1", 0, [created("run-1"), { ...completed(), status: "failed" }]);
  const resumed = {
    event_type: "run.resumed",
    timestamp_utc: completed().timestamp_utc,
    actor: "bob",
    attempt: 0,
  } as const;
  await second.append("run-1", 2, [resumed]);
  expect(second.epochOf("run-1")).toBe("2");
  await expect(first.append("run-1", 3, [note(1)])).rejects.toMatchObject({ code: "RUN_FENCED" });
});

test("P2 a claim whose answer was lost is found again when its lease is over, and what is held is not taken over", async () => {
  await using stores = new SharedStores(server.url);
  const [driver, other] = [stores.open({ leaseMs: 600 }), stores.open()];
  await driver.append("run-1", 0, [created("run-1")]);
  await driver.append("held", 0, [created("held")]);
  await other.append("others", 0, [created("others")]);
  await driver.release("run-1");
  await using owner = new SchemaOwner(server.url, stores.schema);
  // As the claim leaves it whose answer never comes: this process has it, and does not know.
  await owner.ask(
    "UPDATE $.claims SET session = (SELECT session FROM $.claims JOIN $.runs USING (run_no) WHERE run_id = 'held') WHERE session = ''",
  );
  expect(driver.epochOf("run-1")).toBeUndefined();
  expect(await driver.takeOver()).toMatchObject([{ runId: "run-1" }]);
  await driver.append("run-1", 1, [completed()]);
});
