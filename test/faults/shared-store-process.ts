// A process that writes to a store that others write to as well, as it is told: a JSON line on stdin at a time.
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { createPostgresStore } from "#evidence";
import { Fault } from "#model";
import { completed, created, note } from "../evidence/support/drafts.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { machineClock } from "../support/machine-clock.ts";

/** What the process is told. */
export type SharedOrder =
  /** Appends to new runs, one record after the other, until that is refused. */
  | { readonly do: "flood"; readonly runIds: readonly string[] }
  | { readonly do: "take over" }
  /** Appends notes from this number on to a run that it may have taken over. */
  | { readonly do: "go on"; readonly runId: string; readonly from: number; readonly ends: boolean }
  /** Lets nothing else happen in this process. */
  | { readonly do: "block"; readonly milliseconds: number }
  | { readonly do: "read"; readonly runId: string };

/** What it says: of its own accord, how many records of a run are durable; else the answer to an order. */
export type SharedWord =
  | { readonly told: string; readonly size: number; readonly line: string }
  | { readonly refused: string; readonly code: string }
  | { readonly answer: unknown };

const [url = "", schema = "", directory = "", leaseMs = ""] = process.argv.slice(2);
const place = { url, schema, clock: machineClock, newToken: randomUUID, leaseMs: Number(leaseMs), pollMs: 60_000 };
const store = createPostgresStore(directory, place, { newEventId: randomUUID });

function say(word: SharedWord): void {
  process.stdout.write(`${JSON.stringify(word)}\n`);
}

async function flood(runId: string): Promise<void> {
  try {
    for (let at = 0; ; at += 1) {
      const [stored] = await store.append(runId, at, [at === 0 ? created(runId) : note(at)]);
      say({ told: runId, size: at + 1, line: stored?.line ?? "" });
    }
  } catch (error) {
    say({ refused: runId, code: error instanceof Fault ? error.code : String(error) });
  }
}

async function obey(order: SharedOrder): Promise<unknown> {
  switch (order.do) {
    case "flood":
      for (const runId of order.runIds) void flood(runId);
      return "begun";
    case "take over":
      return (await store.takeOver()).map(({ runId, size }) => ({ runId, size }));
    case "go on": {
      const { runId, from, ends } = order;
      const size = (await store.head(runId))?.size ?? 0;
      const stored = await store.append(runId, size, [note(from), note(from + 1), ...(ends ? [completed()] : [])]);
      return stored.map(({ line }) => line);
    }
    case "block":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.milliseconds);
      return "awake";
    case "read":
      return await linesOf(store, order.runId);
    default:
      return order satisfies never;
  }
}

await store.openRuns(); // connects
say({ answer: "open" });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say({ answer: await obey(JSON.parse(line) as SharedOrder) }); // written by shared-store.ts
  } catch (error) {
    say({ answer: { code: error instanceof Fault ? error.code : String(error) } });
  }
}
await store.close();
