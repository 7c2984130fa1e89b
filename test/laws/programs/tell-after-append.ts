// Appends to a store of the kind and in the directory named on the command line, and tells of each append, and of a blob,
// with one write to the standard output: who traces this process sees what was durable when something was told.
import { writeSync } from "node:fs";
import { createJsonlStore, createSqliteStore } from "#evidence";
import type { RecordDraft } from "#evidence";

const [kind, directory = ""] = process.argv.slice(2);
let ids = 0;
const options = { newEventId: () => `event-${(ids += 1)}` };
const store = kind === "sqlite" ? createSqliteStore(directory, options) : createJsonlStore(directory, options);

for (let at = 0; at < 8; at += 1) {
  const event_type = at === 0 ? "run.created" : at === 7 ? "run.completed" : "log.checkpoint";
  const draft: RecordDraft = { event_type, timestamp_utc: "2026-11-21T00:00:00.000Z", actor: "program", attempt: 0 };
  await store.append("run-1", at, [draft]);
  writeSync(1, `told ${at}\n`);
}
await store.putBlob(Buffer.from("a payload beside the log"));
writeSync(1, "told blob\n");
await store.close();
