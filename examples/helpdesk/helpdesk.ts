import type { HelpdeskDatabase } from "./database.ts";

const INSERT = "INSERT INTO tickets (title, priority, org_id, author_id) VALUES ($1, 'normal', 1, 3) RETURNING id";

/** A small application with a database of its own. It knows nothing of Verbatim. */
export class Helpdesk {
  readonly #database: HelpdeskDatabase;

  constructor(database: HelpdeskDatabase) {
    this.#database = database;
  }

  /** A request of the application: makes a ticket in a transaction. Answers its id. */
  async createTicket(title: string, { rollBack }: { readonly rollBack: boolean }): Promise<number> {
    await this.#database.run(this.#database.begin);
    const id = await this.#database.value(INSERT, [title]);
    await this.#database.run(rollBack ? "ROLLBACK" : "COMMIT");
    return Number(id);
  }

  /** Changes that were written and not taken in. */
  async outboxRows(): Promise<number> {
    return Number(await this.#database.value("SELECT count(*) FROM verbatim_outbox", []));
  }
}

/** How long something takes, done so many times: the median and the slowest of a hundred, in milliseconds. */
export async function latency(times: number, what: () => Promise<unknown>): Promise<Latency> {
  const taken: number[] = [];
  while (taken.length < times) {
    const startMs = performance.now();
    await what();
    taken.push(performance.now() - startMs);
  }
  taken.sort((one, other) => one - other);
  const at = (share: number): string => (taken[Math.floor(times * share)] ?? 0).toFixed(2);
  return { p50: at(0.5), p99: at(0.99) };
}

/** In milliseconds. */
export interface Latency {
  readonly p50: string;
  readonly p99: string;
}
