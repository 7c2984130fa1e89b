// Writes many records while readers hold a tail that they do not read; tells the memory held before and after, in bytes.
import { createMemoryStore, createSqliteStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { completed, created, draft } from "./drafts.ts";
import { eventIds } from "./event-ids.ts";

const [kind = "", directory = "", records = "0"] = process.argv.slice(2);
const READERS = 20;
const PER_APPEND = 500;
const text = "x".repeat(500);

async function held(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

async function write(store: EvidenceStore, runId: string, count: number): Promise<void> {
  await store.append(runId, 0, [created(runId)]);
  for (let at = 1; at < count; at += PER_APPEND) {
    const drafts = Array.from({ length: PER_APPEND }, () => draft("log.checkpoint", { reason: text }));
    await store.append(runId, at, drafts);
  }
}

const store =
  kind === "memory"
    ? createMemoryStore({ newEventId: eventIds() })
    : createSqliteStore(directory, { newEventId: eventIds() });
await write(store, "warm", 5 * PER_APPEND);
await store.append("run-1", 0, [created("run-1")]);
const tails = Array.from({ length: READERS }, () => store.tail("run-1", -1));
for (const tail of tails) await tail.next();
const asking = tails.slice(READERS / 2).map((tail) => tail.next()); // half of them have asked and do not look
const before = await held();
for (let at = 1; at < Number(records); at += PER_APPEND) {
  const drafts = Array.from({ length: PER_APPEND }, () => draft("log.checkpoint", { reason: text }));
  await store.append("run-1", at, drafts);
}
const after = await held();
await store.append("run-1", (await store.head("run-1"))?.size ?? 0, [completed()]);
let seen = 1 + ((await asking[0])?.value ?? []).length;
for await (const batch of tails.at(-READERS / 2) ?? []) seen += batch.length;
process.stdout.write(JSON.stringify({ before, after, seen, size: (await store.head("run-1"))?.size }));
await store.close();
