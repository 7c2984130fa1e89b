import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A small application with a database of its own. It knows nothing of Verbatim. */
export class Helpdesk implements Disposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Makes the helpdesk's tables. */
  static async open(path: string): Promise<Helpdesk> {
    const database = new DatabaseSync(path, { timeout: 5000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    database.exec(await readFile(join(import.meta.dirname, "schema.sql"), "utf8"));
    return new Helpdesk(database);
  }

  /** Runs statements that somebody gives. */
  run(sql: string): void {
    this.#database.exec(sql);
  }

  /** A request of the application: makes a ticket in a transaction. Answers its id. */
  createTicket(title: string, { rollBack }: { readonly rollBack: boolean }): number {
    this.#database.exec("BEGIN IMMEDIATE");
    const sql = "INSERT INTO tickets (title, priority, org_id, author_id) VALUES (?, 'normal', 1, 3)";
    const { lastInsertRowid } = this.#database.prepare(sql).run(title);
    this.#database.exec(rollBack ? "ROLLBACK" : "COMMIT");
    return Number(lastInsertRowid);
  }

  /** Changes that were written and not taken in. */
  outboxRows(): number {
    return Number(this.#database.prepare("SELECT count(*) AS rows FROM verbatim_outbox").get()?.["rows"]);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** How long something takes, done so many times: the median and the slowest of a hundred, in milliseconds. */
export function latency(times: number, what: () => void): { readonly p50: string; readonly p99: string } {
  const taken = Array.from({ length: times }, () => {
    const startMs = performance.now();
    what();
    return performance.now() - startMs;
  }).toSorted((one, other) => one - other);
  const at = (share: number): string => (taken[Math.floor(times * share)] ?? 0).toFixed(2);
  return { p50: at(0.5), p99: at(0.99) };
}
