// The one writer, in a thread of its own: while it waits for the disk, the rest of the process goes on, and whatever is
// appended meanwhile makes up the next commit.
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { openDatabase } from "./database.ts";
import { LineWriter, unpackAppends } from "./line-writer.ts";
import { CLOSE, COMMIT_MICROSECONDS, RUNG } from "./writer-task.ts";
import type { WriterSetup } from "./writer-task.ts";

const { path, port, bell } = workerData as WriterSetup; // given by writer.ts
const database = openDatabase(path);
const writer = new LineWriter(database);

for (let task = nextTask(); task !== CLOSE; task = nextTask()) port.postMessage(failureOf(task));
database.close();
port.close();

/** Sleeps until there is one: nothing else ever happens in this thread. */
function nextTask(): string {
  for (;;) {
    const rung = Atomics.load(bell, RUNG);
    const received: { readonly message: string } | undefined = receiveMessageOnPort(port);
    if (received !== undefined) return received.message;
    Atomics.wait(bell, RUNG, rung);
  }
}

function failureOf(packed: string): string | undefined {
  try {
    const start = performance.now();
    writer.write(unpackAppends(packed));
    Atomics.store(bell, COMMIT_MICROSECONDS, (performance.now() - start) * 1000);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
