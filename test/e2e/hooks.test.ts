import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { Fault } from "#model";
import { ChangeOperation } from "../../src/api/gen/verbatim/hooks/v1/hooks_pb.ts";
import { WorkState } from "../../src/api/gen/verbatim/queue/v1/queue_pb.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import { created, ended, HookBench, whenDone } from "./support/hook-server.ts";

const TICKET = { id: 1, title: "Printer on fire", org_id: 7, wait: 0 };

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

async function faultOf(call: Promise<unknown>): Promise<Fault> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Fault) return error;
  throw new Error(`there is no fault, but ${String(error)}`);
}

describe("a server with hooks", () => {
  test("does what a change asks for once, however often it is told of it", async () => {
    await using directory = await scratchDirectory();
    const bench = new HookBench(directory.path);
    await bench.prepare();
    await using server = await bench.start();
    using client = await server.client();
    const first = await created(client, "change-1", TICKET);
    expect(first).toMatchObject({ hooks: ["Ticket.after_create"], added: 1 });
    const [workId = ""] = first.workIds;
    expect(await ended(client, workId)).toMatchObject({ state: WorkState.COMPLETED, attempts: 1, job: "note" });
    expect(await created(client, "change-1", TICKET)).toMatchObject({ workIds: [workId], added: 0 });
    const other = await faultOf(created(client, "change-1", { ...TICKET, title: "Another one" }));
    expect([other.code, other.message]).toEqual([
      "INVALID_REQUEST",
      expect.stringContaining("told before of another change"),
    ]);
    await created(client, "change-2", TICKET);
    await whenDone(client);
    expect(await bench.happened()).toHaveLength(2);
    expect((await bench.happened())[0]).toBe(`${workId}/0`);
    const job = await client.executor.getJob({ jobId: `${workId}-a1` });
    expect(job.result).toMatchObject({ contractId: "hook.note", executedBy: "verbatim-worker", stepsSucceeded: 1 });
  });

  test("follows what is needed into the database, and performs one effect for each record that passes", async () => {
    await using directory = await scratchDirectory();
    const bench = new HookBench(directory.path);
    await bench.prepare();
    await using server = await bench.start();
    using client = await server.client();
    const ticket = { ...TICKET, id: 7 };
    const update = { changeId: "u", entity: "Ticket", operation: ChangeOperation.UPDATE, recordJson: json(ticket) };
    const same = await client.hooks.publishChange({ ...update, oldJson: json(ticket) });
    expect(same).toMatchObject({ hooks: [], workIds: [], added: 0 });
    const unknown = await faultOf(client.hooks.publishChange({ ...update, changeId: "u0" }));
    expect([unknown.code, unknown.message]).toEqual([
      "INVALID_REQUEST",
      expect.stringContaining("Ticket.after_update"),
    ]);
    const told = await client.hooks.publishChange({ ...update, oldJson: json({ ...ticket, title: "Printer" }) });
    await ended(client, told.workIds[0] ?? "");
    await whenDone(client);
    expect(await bench.happened()).toHaveLength(2);
    expect(new Set(await bench.happened()).size).toBe(2);
    expect(await client.queue.getStats({})).toMatchObject({ totals: { enqueued: 3n, completed: 3n } });
  });

  test("keeps what has failed for good, lists it by what is asked, redrives it as new work, and gives it up", async () => {
    await using directory = await scratchDirectory();
    const bench = new HookBench(directory.path);
    await bench.prepare();
    await using server = await bench.start();
    using client = await server.client();
    const gone = { entity: "Ticket", operation: ChangeOperation.DELETE };
    for (const title of ["one", "two", "three"])
      await client.hooks.publishChange({ ...gone, changeId: title, recordJson: json({ ...TICKET, title }) });
    await whenDone(client);
    const page = await client.queue.listDeadLetters({ pageSize: 2 });
    expect(page).toMatchObject({ matched: 3n, deadLetters: [{ job: "break", attempts: 1 }, {}] });
    const rest = await client.queue.listDeadLetters({ pageSize: 2, pageToken: page.nextPageToken });
    expect(rest.deadLetters).toHaveLength(1);
    const two = await client.queue.listDeadLetters({ filter: { messageContains: "broken: two" } });
    expect(two.deadLetters.map(({ errors }) => errors[0]?.message)).toEqual([expect.stringContaining("broken: two")]);
    expect((await faultOf(client.queue.redriveDeadLetters({}))).message).toContain("say `all` too");
    const dry = await client.queue.redriveDeadLetters({ all: true, dryRun: true });
    expect([dry.redriven.length, dry.refused.length]).toEqual([3, 0]);
    const redriven = await client.queue.redriveDeadLetters({ filter: { messageContains: "broken: two" } });
    expect(redriven).toMatchObject({ matched: 1n, redriven: [{ workId: two.deadLetters[0]?.id }] });
    const newId = redriven.redriven[0]?.newWorkId ?? "";
    expect(await ended(client, newId)).toMatchObject({ state: WorkState.DEAD, redrives: two.deadLetters[0]?.id });
    const again = await client.queue.redriveDeadLetters({ filter: { workIds: [two.deadLetters[0]?.id ?? ""] } });
    expect(again).toMatchObject({ matched: 0n, redriven: [] });
    const given = { workId: newId, reason: "it will never work", discardedBy: "ada" };
    expect((await client.queue.discardDeadLetter(given)).work).toMatchObject({
      state: WorkState.DISCARDED,
      discardedBy: "ada",
      discardedReason: "it will never work",
    });
    expect((await faultOf(client.queue.discardDeadLetter(given))).code).toBe("RUN_ENDED");
    expect((await client.queue.listDeadLetters({})).matched).toBe(2n);
  });

  test("keeps the hooks that held when their file does not any more, and says why, until it does again", async () => {
    await using directory = await scratchDirectory();
    const bench = new HookBench(directory.path);
    await bench.prepare();
    await using server = await bench.start();
    using client = await server.client();
    const good = await readFile(bench.file, "utf8");
    const { hooksHash } = await client.hooks.listHooks({});
    await writeFile(bench.file, good.replace("capabilities: [fail]", "capabilities: []"));
    await expect
      .poll(async () => (await client.hooks.listHooks({})).problem, { timeout: 20_000 })
      .toMatch(/hooks\.yaml:\d+/);
    expect(await client.hooks.listHooks({})).toMatchObject({ hooksHash, hooks: [{}, {}, {}] });
    expect(await created(client, "still", TICKET)).toMatchObject({ added: 1 });
    await writeFile(bench.file, good.replace("Ticket.after_create: [note]", "Ticket.after_create: [note, break]"));
    await expect
      .poll(async () => (await client.hooks.listHooks({})).hooks[0]?.jobs, { timeout: 20_000 })
      .toEqual(["note", "break"]);
    expect((await client.hooks.listHooks({})).problem).toBe("");
    expect(await created(client, "both", TICKET)).toMatchObject({ added: 2 });
  });

  test("lists every problem of a change at once, and takes none that it does not know", async () => {
    await using directory = await scratchDirectory();
    const bench = new HookBench(directory.path);
    await bench.prepare();
    await using server = await bench.start();
    using client = await server.client();
    const all = await faultOf(client.hooks.publishChange({ changeId: "", recordJson: Buffer.from("[1]") }));
    expect(all.violations.map(({ field }) => field)).toEqual(["change_id", "entity", "operation", "record_json"]);
    const entity = await faultOf(
      client.hooks.publishChange({
        changeId: "c",
        entity: "Tickets",
        operation: ChangeOperation.CREATE,
        recordJson: json(TICKET),
      }),
    );
    expect(entity.message).toContain("declares Ticket, User");
    expect((await faultOf(client.queue.getWork({ workId: "none" }))).code).toBe("RUN_NOT_FOUND");
    expect((await client.queue.getStats({})).totals?.enqueued).toBe(0n);
  });

  test("takes one job without a hook, once for a key", async () => {
    await using directory = await scratchDirectory();
    const bench = new HookBench(directory.path);
    await bench.prepare();
    await using server = await bench.start({ jobs: { backend: "memory", concurrency: 1 } });
    using client = await server.client();
    const asked = { key: "mine", job: "note", recordJson: json(TICKET) };
    const { workId, added } = await client.queue.enqueue(asked);
    expect(added).toBe(true);
    expect(await client.queue.enqueue(asked)).toMatchObject({ workId, added: false });
    await ended(client, workId);
    expect(await bench.happened()).toEqual([`${workId}/0`]);
    expect((await faultOf(client.queue.enqueue({ ...asked, job: "none" }))).message).toContain(
      "declares note, note_agents",
    );
  });

  test("takes in nothing once it stops, and what waits is done by the next one", async () => {
    await using directory = await scratchDirectory();
    const bench = new HookBench(directory.path);
    await bench.prepare();
    await using first = await bench.start({ jobs: { concurrency: 2 } });
    using client = await first.client();
    for (let n = 0; n < 100; n++) await created(client, `c${n}`, { ...TICKET, wait: 20 });
    expect(await first.end("SIGTERM")).toMatchObject({ code: 0 });
    const before = (await bench.happened()).length;
    expect(before).toBeLessThan(100);
    await using second = await bench.start();
    using next = await second.client();
    await whenDone(next);
    expect(await bench.happened()).toHaveLength(100);
    expect(new Set((await bench.happened()).map((key) => key.replace(/-a\d+\/\d+$/, ""))).size).toBe(100);
  });
});

test("a server without hooks says which key of the configuration is missing", async () => {
  await using directory = await scratchDirectory();
  await using server = await startServer({ state: `${directory.path}/state` });
  using client = await server.client();
  const fault = await faultOf(client.hooks.listHooks({}));
  expect([fault.code, fault.violations]).toEqual([
    "NOT_CONFIGURED",
    [{ field: "hooks", description: "is missing in verbatim.yaml" }],
  ]);
});
