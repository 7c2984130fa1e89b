import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Fault } from "#model";
import type { Json } from "#model";
import { openPostgresCallBox } from "#queue";
import type { CallAnswer, CallBox, CallService, PostgresCallBoxOptions, RunCall } from "#queue";
import { until } from "../effects/support/until.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { SchemaOwner } from "../support/evidence-schema.ts";
import { machineClock } from "../support/machine-clock.ts";
import { startPostgres } from "../support/postgres-server.ts";

let database: DatabaseServer;

beforeAll(async () => {
  database = await startPostgres();
}, 60_000);

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

/** Boxes of several processes over one table. */
class Boxes implements AsyncDisposable {
  readonly schema = `c_${randomUUID().replaceAll("-", "")}`;
  readonly #opened = new AsyncDisposableStack();

  async open(options: Partial<PostgresCallBoxOptions> = {}): Promise<CallBox> {
    const place = { url: database.url, schema: this.schema, clock: machineClock, newToken: randomUUID };
    const box = await openPostgresCallBox({ ...place, ...options });
    return this.#opened.adopt(box, (open) => open.close());
  }

  owner(): SchemaOwner {
    return this.#opened.use(new SchemaOwner(database.url, this.schema));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

function serving(runIds: readonly string[], carryOut: (call: RunCall) => Promise<Json>): CallService {
  return { holds: (runId) => runIds.includes(runId), carryOut, onInternalError: () => undefined };
}

const SOON = { untakenMs: 2000 };
const CALL: RunCall = { runId: "run-1", verb: "approve", given: { jobKey: "gate", reason: "looks “good”\n" } };

test("a call reaches the one process that holds the run, with what it was asked with, and the answer comes back", async () => {
  await using boxes = new Boxes();
  const [asking, other, holder] = [await boxes.open(), await boxes.open(), await boxes.open()];
  const heard: RunCall[] = [];
  other.serve(serving(["run-2"], () => Promise.reject(new Error("it is not for this one"))));
  holder.serve(serving(["run-1"], async (call) => (heard.push(call), { pending: ["a", "b"] })));
  expect(await asking.ask(CALL, SOON)).toEqual({ kind: "done", told: { pending: ["a", "b"] } });
  expect(heard).toEqual([CALL]);
  expect(await boxes.owner().ask("SELECT call_id FROM $.calls_1")).toEqual([]);
});

test("what the holder refuses comes back as the same fault, with its problems; what it did not foresee as INTERNAL", async () => {
  await using boxes = new Boxes();
  const [asking, holder] = [await boxes.open(), await boxes.open()];
  const violations = [{ field: "jobs.a", description: "is in doubt" }];
  const told: unknown[] = [];
  holder.serve({
    ...serving(["run-1"], async ({ verb }) => {
      if (verb === "resume")
        throw new Fault("RUN_NOT_RESUMABLE", "It has jobs in doubt.", { violations, retryAfterMs: 7 });
      throw new Error("a secret path");
    }),
    onInternalError: (error) => told.push(error),
  });
  const answer = await asking.ask({ ...CALL, verb: "resume" }, SOON);
  expect(answer).toMatchObject({
    kind: "fault",
    fault: { code: "RUN_NOT_RESUMABLE", message: "It has jobs in doubt.", violations, retryAfterMs: 7 },
  });
  const unforeseen = await asking.ask(CALL, SOON);
  expect(unforeseen).toMatchObject({
    kind: "fault",
    fault: { code: "INTERNAL", message: expect.not.stringContaining("secret") },
  });
  expect(told).toMatchObject([{ message: "a secret path" }]);
});

test("a call to a run that nobody holds is withdrawn, and is not carried out by who holds it later", async () => {
  await using boxes = new Boxes();
  const [asking, holder] = [await boxes.open(), await boxes.open()];
  const held: string[] = [];
  let carriedOut = 0;
  holder.serve(serving(held, async () => (carriedOut += 1)));
  expect(await asking.ask(CALL, { untakenMs: 300 })).toEqual({ kind: "untaken" });
  held.push("run-1");
  expect(await asking.ask({ ...CALL, verb: "reject" }, SOON)).toEqual({ kind: "done", told: 1 });
  expect(carriedOut).toBe(1);
}, 20_000);

test("of two processes that believe to hold a run only one carries a call out, each of fifty times", async () => {
  await using boxes = new Boxes();
  const asking = await boxes.open();
  const carriedOut: string[] = [];
  for (const _ of [1, 2]) (await boxes.open()).serve(serving(["run-1"], async ({ verb }) => carriedOut.push(verb)));
  const answers: CallAnswer[] = await Promise.all(Array.from({ length: 50 }, async () => await asking.ask(CALL, SOON)));
  expect(answers.filter(({ kind }) => kind === "done")).toHaveLength(50);
  expect(carriedOut).toHaveLength(50);
});

test("of a call whose taker died nobody is told that it was done, and nobody does it again", async () => {
  await using boxes = new Boxes();
  const [asking, dies, later] = [
    await boxes.open({ silentMs: 300 }),
    await boxes.open(),
    await boxes.open({ pollMs: 50 }),
  ];
  const owner = boxes.owner();
  const never = Promise.withResolvers<Json>();
  let taken = 0;
  let again = 0;
  dies.serve(serving(["run-1"], async () => ((taken += 1), await never.promise)));
  const answer = asking.ask(CALL, SOON).catch((error: unknown) => error);
  await until("it is taken", () => taken === 1);
  await owner.ask("UPDATE $.calls_1 SET taken_by = 'somebody who is dead'"); // gives no sign of life any more
  later.serve(serving(["run-1"], async () => (again += 1)));
  expect(await answer).toMatchObject({ code: "HOLDER_SILENT", message: expect.stringContaining("is not known") });
  expect([taken, again]).toEqual([1, 0]);
  never.resolve(null);
});

test("a call that takes longer than the silence that is allowed is waited for while its taker lives", async () => {
  await using boxes = new Boxes();
  const [asking, holder] = [await boxes.open({ silentMs: 1500 }), await boxes.open()];
  const begun = performance.now();
  holder.serve(
    serving(["run-1"], async () => {
      await until("it has taken long", () => performance.now() - begun > 2500);
      return "at last";
    }),
  );
  expect(await asking.ask(CALL, SOON)).toEqual({ kind: "done", told: "at last" });
}, 20_000);

test("a call that was forgotten is not carried out hours later, and is deleted", async () => {
  await using boxes = new Boxes();
  const [asking, holder] = [await boxes.open(), await boxes.open({ pollMs: 50 })];
  const owner = boxes.owner();
  await asking.ask({ ...CALL, runId: "run-0" }, { untakenMs: 0 }).catch(() => undefined); // makes the table
  const old =
    "INSERT INTO $.calls_1 (call_id, run_id, verb, given, asked_at) VALUES (gen_random_uuid(), 'run-1', 'approve', '{}', now() - interval '1 minute'), (gen_random_uuid(), 'run-1', 'approve', '{}', now() - interval '1 hour')";
  await owner.ask(old);
  let carriedOut = 0;
  holder.serve(serving(["run-1"], async () => (carriedOut += 1)));
  let left = 2;
  await until("the oldest is deleted", () => {
    void owner.ask("SELECT 1 FROM $.calls_1").then((rows) => (left = rows.length));
    return left === 1;
  });
  expect(carriedOut).toBe(0);
}, 20_000);

test("a box that is closed waits for the call that it carries out, and answers it", async () => {
  await using boxes = new Boxes();
  const [asking, holder] = [await boxes.open(), await boxes.open()];
  const gate = Promise.withResolvers<Json>();
  let taken = false;
  holder.serve(serving(["run-1"], async () => ((taken = true), await gate.promise)));
  const answer = asking.ask(CALL, SOON);
  await until("it is taken", () => taken);
  const closed = holder.close();
  gate.resolve("done");
  await closed;
  expect(await answer).toEqual({ kind: "done", told: "done" });
  await asking.close();
  await expect(asking.ask(CALL, SOON)).rejects.toMatchObject({ code: "DRAINING" });
});
