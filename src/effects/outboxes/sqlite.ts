import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { Outbox } from "../outbox.ts";
import { pageText } from "./outbox-page.ts";
import { outboxRow } from "./outbox-row.ts";
import type { StoredRow } from "./outbox-row.ts";

/** How the outbox of an application's SQLite file is read. */
export interface SqliteOutboxOptions {
  readonly file: string;
  readonly clock: Clock;
  /** Waits so long for a writer, in milliseconds. Default: 1000. */
  readonly busyMs?: number;
}

const BUSY_MS = 1000;
/** With so many SQLite writes a double in JSON. */
const DOUBLE_DIGITS = 17;
/** SQLite's code for a statement that does not fit the tables. */
const SQLITE_ERROR = 1;

const READ = pageText({
  place: (column) => `CAST(${column} AS TEXT)`,
  text: (column) => column,
  least: "min",
  limit: "?",
});

/** Opens a file that is there: one that is missing is a mistake in the configuration, and an empty one in its place would hide it. */
function openExisting(file: string, busyMs: number): DatabaseSync {
  if (!existsSync(file)) throw missing(file);
  const url = pathToFileURL(file);
  url.searchParams.set("mode", "rw"); // it may have gone since
  return new DatabaseSync(url, { timeout: busyMs });
}

function missing(file: string): Fault {
  const text = `The application's database ${file} is not there: correct hooks.source.sqlite, or make it, and the outbox in it with the SQL of \`verbatim hooks outbox\`. No file is made here.`;
  return new Fault("NOT_CONFIGURED", text);
}

/** The outbox of an application's SQLite file. It is opened when it is needed, and its rows are all that is ever written. */
export function createSqliteOutbox({ file, clock, busyMs = BUSY_MS }: SqliteOutboxOptions): Outbox {
  let database: DatabaseSync | undefined;
  let closed = false;
  const asked = <T>(ask: (open: DatabaseSync) => T): T => {
    if (closed) throw new Fault("SOURCE_UNAVAILABLE", "The outbox is closed.");
    try {
      database ??= openExisting(file, busyMs);
      return ask(database);
    } catch (error) {
      throw error instanceof Fault ? error : outboxFault(error);
    }
  };
  return {
    async read(limit) {
      const rows = asked((open) => open.prepare(READ).all(limit));
      return rows.map((row) => outboxRow(row as unknown as StoredRow, { written: DOUBLE_DIGITS })); // the columns that were asked for
    },
    async remove(places) {
      const sql = "DELETE FROM verbatim_outbox WHERE place IN (SELECT CAST(value AS INTEGER) FROM json_each(?))";
      asked((open) => open.prepare(sql).run(JSON.stringify(places)));
    },
    async setAside(place, problem) {
      const sql = "UPDATE verbatim_outbox SET problem = ? WHERE place = CAST(? AS INTEGER)";
      asked((open) => open.prepare(sql).run(problem, place));
    },
    async wait(milliseconds, { signal }) {
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const disarm = clock.after(milliseconds, resolve);
      const ended = (): void => resolve();
      signal.addEventListener("abort", ended, { once: true });
      await promise;
      disarm();
      signal.removeEventListener("abort", ended);
    },
    async close() {
      closed = true;
      database?.close();
      database = undefined;
    },
  };
}

function outboxFault(cause: unknown): Fault {
  const { errcode, message = String(cause) } = cause as { readonly errcode?: number; readonly message?: string }; // what node:sqlite throws; both may be missing
  if (errcode === SQLITE_ERROR) {
    const text = `The application's database has no outbox as it must be (${message}); \`verbatim hooks outbox\` prints the SQL that makes it.`;
    return new Fault("NOT_CONFIGURED", text, { cause });
  }
  return new Fault("SOURCE_UNAVAILABLE", `The outbox of the application's database cannot be used: ${message}`, {
    cause,
  });
}
