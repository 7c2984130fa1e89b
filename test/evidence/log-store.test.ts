import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { EvidenceStore, StoredRecord } from "#evidence";
import type { RunAppend } from "../../src/evidence/log-backend.ts";
import { LogStore } from "../../src/evidence/log-store.ts";
import { completed, created, note, notes } from "./support/drafts.ts";
import { eventIds } from "./support/event-ids.ts";
import { FailingBackend } from "./support/failing-backend.ts";
import { drained, seqs } from "./support/logs.ts";

const HALTED = {
  name: "Fault",
  code: "STORE_HALTED",
  message:
    "The evidence store took no more records after a failed write (no space left on device). Mend the cause and start again: the start reads what is really on disk.",
};

interface Bench {
  readonly backend: FailingBackend;
  readonly store: EvidenceStore;
  readonly halts: string[];
  readonly commits: (readonly RunAppend[])[];
}

function bench(members: Partial<FailingBackend> = {}): Bench {
  const backend = Object.assign(new FailingBackend(), members);
  const halts: string[] = [];
  const commits: (readonly RunAppend[])[] = [];
  const store = new LogStore(backend, {
    newEventId: eventIds(),
    onHalt: (why) => halts.push(why),
    onCommit: (appends) => commits.push(appends),
  });
  return { backend, store, halts, commits };
}

test("all appends that are queued in one turn of the event loop go into one commit", async () => {
  const { backend, store, commits } = bench();
  const ids = Array.from({ length: 20 }, (_nothing, number) => `run-${number}`);
  await Promise.all(ids.map((id) => store.append(id, 0, [created(id)])));
  expect(backend.writes).toBe(1);
  expect(commits.map((appends) => appends.map(({ runId }) => runId))).toEqual([ids]);
});

test("what is queued while a commit is under way makes up the next one", async () => {
  const { backend, store } = bench();
  const first = store.append("run-1", 0, [created("run-1")]);
  const later: Promise<unknown>[] = [];
  backend.onWrite = () => {
    backend.onWrite = () => undefined;
    for (const id of ["run-2", "run-3", "run-4"]) later.push(store.append(id, 0, [created(id)]));
  };
  await first;
  await Promise.all(later);
  expect(later).toHaveLength(3);
  expect(backend.writes).toBe(2);
});

test("nobody is told of a record before its write has ended", async () => {
  const { backend, store } = bench();
  await store.append("run-1", 0, [created("run-1")]);
  const told: string[] = [];
  const release = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  backend.onWrite = async () => {
    entered.resolve();
    await release.promise;
  };
  const tail = store.tail("run-1", 0);
  const reading = tail.next().then(() => told.push("tail"));
  const appending = store.append("run-1", 1, [completed()]).then(() => told.push("append"));
  await entered.promise;
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
  expect(await store.head("run-1")).toMatchObject({ size: 1, completed: false });
  expect(await store.read("run-1", 0, 10)).toEqual([]);
  release.resolve();
  await Promise.all([reading, appending]);
  expect(told.toSorted()).toEqual(["append", "tail"]);
});

test("a conflict within a commit hurts only the append that caused it", async () => {
  const { backend, store } = bench();
  const settled = await Promise.allSettled([
    store.append("run-1", 0, [created("run-1")]),
    store.append("run-1", 5, [note(5)]),
    store.append("run-1", 1, [note(1)]),
    store.append("run-2", 0, [created("run-2")]),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(backend.writes).toBe(1);
});

test("a commit of nothing but conflicts writes nothing", async () => {
  const { backend, store } = bench();
  await expect(store.append("run-1", 5, [note(5)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
  expect(backend.writes).toBe(0);
});

test("a failed write halts the store: every append of the commit and all later ones are refused", async () => {
  const { backend, store, halts } = bench({ failAtWrite: 2 });
  await store.append("run-1", 0, [created("run-1")]);
  const failing = [store.append("run-1", 1, [note(1)]), store.append("run-2", 0, [created("run-2")])];
  for (const answer of await Promise.allSettled(failing)) expect(answer).toMatchObject({ reason: HALTED });
  for (let attempt = 0; attempt < 3; attempt += 1)
    await expect(store.append("run-1", 1, [note(1)])).rejects.toMatchObject(HALTED);
  await expect(store.putBlob(Buffer.from("a payload"))).rejects.toMatchObject(HALTED);
  expect(store.halted).toBe("no space left on device");
  expect(backend.writes).toBe(2); // nothing was tried again
  expect(halts).toEqual(["no space left on device"]);
});

test("the cause of the halt is kept with the fault of those whom it hit first", async () => {
  const { store } = bench({ failAtWrite: 1 });
  const fault = await store.append("run-1", 0, [created("run-1")]).catch((thrown: unknown) => thrown);
  expect((fault as Error).cause).toMatchObject({ message: "no space left on device" });
});

test("what is queued behind a failing write is refused and never written", async () => {
  const { backend, store } = bench({ failAtWrite: 1 });
  const later: Promise<unknown>[] = [];
  backend.onWrite = () => {
    later.push(store.append("run-2", 0, [created("run-2")]));
  };
  await expect(store.append("run-1", 0, [created("run-1")])).rejects.toMatchObject(HALTED);
  expect(await Promise.allSettled(later)).toMatchObject([{ reason: HALTED }]);
  expect(backend.writes).toBe(1);
});

test("a halted store goes on to answer questions with what was durable", async () => {
  const { store } = bench({ failAtWrite: 3 });
  const told = await store.append("run-1", 0, [created("run-1"), note(1)]);
  await store.append("run-2", 0, [created("run-2"), completed()]);
  const name = await store.putBlob(Buffer.from("a payload"));
  await expect(store.append("run-1", 2, [note(2)])).rejects.toMatchObject(HALTED);
  expect((await store.read("run-1", -1, 10)).map(({ line }) => line)).toEqual(told.map(({ line }) => line));
  expect(await store.head("run-1")).toMatchObject({ size: 2 });
  expect(await store.runs({ limit: 10 })).toHaveLength(2);
  expect(await store.openRuns()).toHaveLength(1);
  expect(await store.getBlob(name)).toBeDefined();
  expect(seqs(await drained(store.tail("run-2", -1)))).toEqual([0, 1]);
});

test("a waiting tail is told that the store halted, after it was given all that was durable", async () => {
  const { store } = bench({ failAtWrite: 2 });
  await store.append("run-1", 0, [created("run-1"), note(1)]);
  const seen: StoredRecord[] = [];
  const reading = (async () => {
    for await (const records of store.tail("run-1", -1)) seen.push(...records);
  })();
  await expect(store.append("run-1", 2, [note(2)])).rejects.toMatchObject(HALTED);
  await expect(reading).rejects.toMatchObject(HALTED);
  expect(seqs(seen)).toEqual([0, 1]);
});

test("a failed payload halts the store as a failed record does", async () => {
  const { backend, store, halts } = bench({ failsBlobs: true });
  await store.append("run-1", 0, [created("run-1")]);
  await expect(store.putBlob(Buffer.from("a payload"))).rejects.toMatchObject(HALTED);
  backend.failsBlobs = false;
  await expect(store.putBlob(Buffer.from("a payload"))).rejects.toMatchObject(HALTED);
  await expect(store.append("run-1", 1, [note(1)])).rejects.toMatchObject(HALTED);
  expect(backend.writes).toBe(1);
  expect(halts).toEqual(["no space left on device"]);
});

test("when a record and a payload fail at once the first word stands and the halt is told once", async () => {
  const { backend, store, halts } = bench({ failAtWrite: 1, failsBlobs: true });
  backend.onWrite = async () => {
    await store.putBlob(Buffer.from("a payload")).catch(() => undefined);
  };
  await expect(store.append("run-1", 0, [created("run-1")])).rejects.toMatchObject(HALTED);
  expect(halts).toHaveLength(1);
});

test("something that is thrown and is no error halts the store with its text", async () => {
  const { backend, store } = bench();
  backend.onWrite = () => Promise.reject("the medium is gone"); // whatever a medium throws
  await expect(store.append("run-1", 0, [created("run-1")])).rejects.toMatchObject({ code: "STORE_HALTED" });
  expect(store.halted).toBe("the medium is gone");
});

test("a halted store closes, keeps its reason, and closes its medium once", async () => {
  const { backend, store } = bench({ failAtWrite: 1 });
  await store.append("run-1", 0, [created("run-1")]).catch(() => undefined);
  await Promise.all([store.close(), store.close()]);
  expect(backend.closes).toBe(1);
  expect(store.halted).toBe("no space left on device");
});

test("a close waits for the write that is under way", async () => {
  const { backend, store } = bench();
  const order: string[] = [];
  const release = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  backend.onWrite = async () => {
    entered.resolve();
    await release.promise;
  };
  const appending = store.append("run-1", 0, [created("run-1")]).then(() => order.push("append"));
  await entered.promise;
  const closing = store.close().then(() => order.push("close"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(backend.closes).toBe(0);
  release.resolve();
  await Promise.all([appending, closing]);
  expect(order).toEqual(["append", "close"]);
});

test("a new store over what a failing disk took after all goes on from there", async () => {
  const { backend, store } = bench({ failAtWrite: 2, storesWhatFails: true });
  await store.append("run-1", 0, [created("run-1")]);
  await expect(store.append("run-1", 1, [note(1)])).rejects.toMatchObject(HALTED);
  const again = new LogStore(backend, { newEventId: eventIds() });
  expect(await again.head("run-1")).toMatchObject({ size: 2 });
  await expect(again.append("run-1", 1, [note(1)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
  await again.append("run-1", 2, [completed()]);
});

test.each([
  ["no JSON", "garbage"],
  ["a text", '"line"'],
  ["a number", "5"],
  ["nothing", "null"],
])("a kept line that is %s is broken evidence, named by its run and number", async (_case, line) => {
  const { backend, store } = bench();
  await store.append("run-1", 0, [created("run-1"), ...notes(1, 4)]);
  backend.logs.get("run-1")?.splice(3, 1, line);
  const broken = {
    code: "EVIDENCE_BROKEN",
    message: "Record 3 of run run-1 is no JSON object: it was changed where it is kept.",
  };
  await expect(store.read("run-1", -1, 10)).rejects.toMatchObject(broken);
  await expect(store.read("run-1", 2, 1)).rejects.toMatchObject(broken);
  expect(seqs(await store.read("run-1", -1, 3))).toEqual([0, 1, 2]);
});

test("a tail over lines that lie about their number ends all the same", async () => {
  const { backend, store } = bench();
  await store.append("run-1", 0, [created("run-1"), ...notes(1, 4), completed()]);
  const again = new LogStore(backend, { newEventId: eventIds() });
  const lines = backend.logs.get("run-1") ?? [];
  lines.splice(4, 1, (lines[4] ?? "").replace('"seq":4', '"seq":0'));
  expect(await drained(again.tail("run-1", -1))).toHaveLength(6);
});

test("tails that have ended, for whatever reason, leave no listener on their signal", async () => {
  const { store } = bench();
  await store.append("run-1", 0, [created("run-1")]);
  const { signal } = new AbortController();
  const leaving = Array.from({ length: 50 }, () => drained(store.tail("run-1", -1, { signal }), 1));
  const staying = Array.from({ length: 50 }, () => drained(store.tail("run-1", 0, { signal })));
  await Promise.all(leaving);
  await new Promise((resolve) => setImmediate(resolve));
  expect(getEventListeners(signal, "abort")).toHaveLength(50);
  await store.append("run-1", 1, [completed()]);
  await Promise.all(staying);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a listener of commits that throws halts the store: what is durable is told, and nobody hangs", async () => {
  const backend = new FailingBackend();
  const store = new LogStore(backend, {
    newEventId: eventIds(),
    onCommit: () => {
      throw new Error("the listener is broken");
    },
  });
  const fault = { code: "STORE_HALTED", message: expect.stringContaining("the listener is broken") };
  expect(await store.append("run-1", 0, [created("run-1")])).toHaveLength(1);
  await expect(store.append("run-1", 1, [note(1)])).rejects.toMatchObject(fault);
  expect(await store.head("run-1")).toMatchObject({ size: 1 });
  expect(backend.writes).toBe(1);
  await store.close();
});

test("readers are told of the last commit although no other one follows it", async () => {
  const { store } = bench();
  await store.append("run-1", 0, [created("run-1")]);
  const tail = store.tail("run-1", 0);
  for (let at = 1; at < 20; at += 1) {
    const reading = tail.next();
    await store.append("run-1", at, [note(at)]);
    expect(seqs((await reading).value ?? [])).toEqual([at]);
  }
});

test("readers are told of a commit although only conflicts follow it", async () => {
  const { store } = bench();
  await store.append("run-1", 0, [created("run-1")]);
  let told = false;
  const reading = store.tail("run-1", 0).next();
  const telling = reading.then(() => {
    told = true;
  });
  await store.append("run-1", 1, [note(1)]);
  let conflicts = 0;
  const asked: Promise<unknown>[] = [];
  while (!told && conflicts < 50) {
    conflicts += 1;
    asked.push(store.append("run-1", 99, [note(99)]).catch((fault: unknown) => fault));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(conflicts).toBeLessThan(50);
  await telling;
  for (const fault of await Promise.all(asked)) expect(fault).toMatchObject({ code: "SEQUENCE_CONFLICT" });
});

test("a guard can refuse new runs, and says nothing about those that are there", async () => {
  let full = false;
  const store = new LogStore(new FailingBackend(), {
    newEventId: eventIds(),
    guardNewRun: () => {
      if (full) throw new Error("no new run");
    },
  });
  await store.append("run-1", 0, [created("run-1")]);
  full = true;
  await expect(store.append("run-2", 0, [created("run-2")])).rejects.toThrow("no new run");
  await store.append("run-1", 1, [note(1), completed()]);
  expect(await store.head("run-2")).toBeUndefined();
  expect(store.halted).toBeUndefined();
});
