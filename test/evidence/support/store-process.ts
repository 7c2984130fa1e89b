// A process that owns a store and does what it is told, a JSON line on stdin at a time; it answers a line each on stdout.
import { createInterface } from "node:readline";
import { createJsonlStore, createSqliteStore } from "#evidence";
import { Fault } from "#model";
import { created, notes } from "./drafts.ts";
import { eventIds } from "./event-ids.ts";

/** What the process is told. */
export type StoreOrder =
  | { readonly do: "append"; readonly runId: string; readonly at: number; readonly count: number }
  | { readonly do: "create many"; readonly count: number }
  | { readonly do: "put"; readonly bytes: number }
  | { readonly do: "read"; readonly runId: string }
  | { readonly do: "close" };

/** What it answers. */
export interface StoreAnswer {
  readonly ok?: unknown;
  readonly code?: string;
  readonly message?: string;
}

const [kind = "", directory = ""] = process.argv.slice(2);
const openStore = kind === "jsonl" ? createJsonlStore : createSqliteStore;

function tell(answer: StoreAnswer & { readonly pid?: number }): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function tellFault(thrown: unknown): void {
  const code = thrown instanceof Fault ? thrown.code : "NO FAULT";
  tell({ code, message: thrown instanceof Error ? thrown.message : String(thrown) });
}

function open() {
  try {
    return openStore(directory, { newEventId: eventIds() });
  } catch (thrown) {
    tellFault(thrown);
    return process.exit(1);
  }
}

const store = open();

async function obey(order: StoreOrder): Promise<unknown> {
  switch (order.do) {
    case "append": {
      const { runId, at, count } = order;
      const drafts = at === 0 ? [created(runId), ...notes(1, count - 1)] : notes(at, count);
      return (await store.append(runId, at, drafts)).map(({ line }) => line);
    }
    case "create many": {
      const ids = Array.from({ length: order.count }, (_nothing, number) => `many-${number}`);
      return (await Promise.all(ids.map((id) => store.append(id, 0, [created(id)])))).length;
    }
    case "put":
      return await store.putBlob(Buffer.alloc(order.bytes, "x"));
    case "read":
      return (await store.read(order.runId, -1, 1000)).map(({ line }) => line);
    case "close":
      await store.close();
      return "closed";
    default:
      return order satisfies never;
  }
}

tell({ ok: "open", pid: process.pid });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    tell({ ok: await obey(JSON.parse(line) as StoreOrder) }); // written by store-child.ts
  } catch (thrown) {
    tellFault(thrown);
  }
}
