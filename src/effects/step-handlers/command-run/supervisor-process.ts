// The supervisor: a process of its own beside the server, which knows of every command that runs. Its standard input is a pipe
// whose other end only the server holds; when that ends, however the server ended, what is still open is ended too.
import { createInterface } from "node:readline";
import type { Clock } from "#model";
import { endTree } from "./end-tree.ts";
import { createProcessTable } from "./process-table.ts";
import type { ProcessEntry, ProcessTable } from "./process-table.ts";
import { createProcessTree } from "./process-tree.ts";
import type { ProcessTree } from "./process-tree.ts";
import { READY } from "./supervisor-protocol.ts";
import type { SupervisorMessage } from "./supervisor-protocol.ts";

/** A command that was being started when the server died shows its marker only when it has begun: it is looked for so long. */
const LATE_STARTS_MS = 1000;
const LATE_PAUSE_MS = 50;
/** Many trees look at once: one listing serves them all for so long. */
const LISTING_MS = 10;

/** No process has it: such a tree is found by its marker alone. */
const NO_PID = -1;

const clock: Clock = {
  now: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

interface OpenCommand {
  readonly marker: string;
  readonly graceMs: number;
  tree: ProcessTree;
}

const table = sharedListing(createProcessTable());
const open = new Map<number, OpenCommand>();

// What is told to everybody, by a terminal or a service manager, is no reason to leave before the server does.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

process.stdout.on("error", () => undefined); // a server that is gone already does not read
process.stdout.write(`${READY}\n`);
for await (const line of createInterface({ input: process.stdin })) take(JSON.parse(line) as SupervisorMessage); // the server's
await endWhatIsOpen();

function take(message: SupervisorMessage): void {
  if (message.kind === "closed") open.delete(message.id);
  else if (message.kind === "open") {
    const { id, marker, graceMs } = message;
    open.set(id, { marker, graceMs, tree: treeOf(NO_PID, marker) });
  } else {
    const command = open.get(message.id);
    if (command !== undefined) command.tree = treeOf(message.pid, command.marker);
  }
}

function treeOf(pid: number, marker: string): ProcessTree {
  return createProcessTree({ pid, marker }, { table, clock });
}

async function endWhatIsOpen(): Promise<void> {
  const commands = [...open.values()];
  if (commands.length === 0) return;
  await Promise.all(commands.map(({ tree, graceMs }) => endTree(tree, { graceMs, clock })));
  const giveUpAtMs = clock.monotonicMs() + LATE_STARTS_MS;
  while (clock.monotonicMs() < giveUpAtMs) {
    for (const { tree } of commands) tree.signal(tree.scan(), "SIGKILL");
    await new Promise<void>((resolve) => {
      clock.after(LATE_PAUSE_MS, resolve);
    });
  }
}

function sharedListing(own: ProcessTable): ProcessTable {
  let listed: readonly ProcessEntry[] = [];
  let listedAtMs = -Infinity;
  return {
    ...own,
    living({ from, to } = { from: 1, to: Infinity }) {
      if (clock.monotonicMs() - listedAtMs > LISTING_MS) {
        listed = own.living();
        listedAtMs = clock.monotonicMs();
      }
      return listed.filter(({ pid }) => pid >= from && pid <= to);
    },
  };
}
