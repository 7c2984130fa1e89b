import type { Client, ClientConfig } from "pg";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { Outbox } from "../outbox.ts";
import { pageText } from "./outbox-page.ts";
import { outboxRow } from "./outbox-row.ts";
import type { StoredRow } from "./outbox-row.ts";
import { PostgresTells } from "./postgres-tells.ts";

/** How the outbox of an application's PostgreSQL database is read. */
export interface PostgresOutboxOptions {
  /** `postgresql://user:password@host/database`. Never told in a message. */
  readonly connectionString: string;
  readonly clock: Clock;
  /** Limit on connecting, in milliseconds. Default: 2000. */
  readonly connectMs?: number;
  /** Limit on a statement, in milliseconds: the database ends it. Default: 5000. */
  readonly statementMs?: number;
}

const CONNECT_MS = 2000;
const STATEMENT_MS = 5000;
/** So much longer than the database the client waits, in milliseconds, before it takes the connection for dead. */
const GRACE_MS = 1000;
const CHANNEL = "verbatim_outbox";

const asText = (column: string): string => `${column}::text`;
const READ = pageText({ place: asText, text: asText, least: "least", limit: "$1" });
const REMOVE = "DELETE FROM verbatim_outbox WHERE place = ANY($1::bigint[])";
const SET_ASIDE = "UPDATE verbatim_outbox SET problem = $2 WHERE place = $1::bigint";

/**
 * The outbox of an application's PostgreSQL database, over two connections: one for statements, one on which the database tells of new
 * rows. Both are made when they are needed, and anew after they broke. Rows are not locked: two servers over one database may both be
 * told of one. Whoever has taken its change in knows it by its id; two servers that do not share their work know only their own.
 */
export function createPostgresOutbox(options: PostgresOutboxOptions): Outbox {
  const config = configOf(options);
  const connection = new StatementConnection(config);
  const tells = new PostgresTells({
    connect: async () => await newClient(config),
    channel: CHANNEL,
    clock: options.clock,
  });
  return {
    async read(limit) {
      tells.look();
      const rows = await connection.run(READ, [limit]);
      return rows.map((row) => outboxRow(row as unknown as StoredRow)); // the columns that were asked for
    },
    async remove(places) {
      await connection.run(REMOVE, [places]);
    },
    async setAside(place, problem) {
      await connection.run(SET_ASIDE, [place, problem.replaceAll("\0", "\u{FFFD}")]); // it holds no NUL
    },
    wait: async (milliseconds, { signal }) => await tells.wait(milliseconds, { signal }),
    async close() {
      await Promise.all([tells.close(), connection.close()]);
    },
  };
}

function configOf({ connectionString, connectMs, statementMs = STATEMENT_MS }: PostgresOutboxOptions): ClientConfig {
  return {
    connectionString,
    connectionTimeoutMillis: connectMs ?? CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs + GRACE_MS,
    application_name: "verbatim-outbox",
    options: "-c client_encoding=UTF8",
    keepAlive: true,
  };
}

/** The driver is loaded only now. */
async function newClient(config: ClientConfig): Promise<Client> {
  const { default: pg } = await import("pg");
  return new pg.Client(config);
}

/** The connection for statements. One that may be broken, or busy with what was given up, is ended, and the next statement makes another. */
class StatementConnection {
  readonly #config: ClientConfig;
  #client: Promise<Client> | undefined;
  #closed = false;

  constructor(config: ClientConfig) {
    this.#config = config;
  }

  async run(text: string, values: readonly unknown[]): Promise<readonly object[]> {
    if (this.#closed) throw unavailable("it is closed");
    const connecting = (this.#client ??= this.#connect());
    try {
      const client = await connecting;
      const { rows } = await client.query<object>({ text, values: [...values] });
      return rows;
    } catch (error) {
      if (!isMisfit(error)) await this.#drop(connecting);
      throw outboxFault(error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#client !== undefined) await this.#drop(this.#client);
  }

  async #connect(): Promise<Client> {
    const client = await newClient(this.#config);
    client.on("error", () => undefined); // told by the next statement; without a listener it would end the process
    try {
      await client.connect();
      return client;
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
  }

  /** A goodbye could take as long as a database that hangs, so there is none. */
  async #drop(connecting: Promise<Client>): Promise<void> {
    if (this.#client === connecting) this.#client = undefined;
    const client = await connecting.catch(() => undefined);
    client?.connection.stream.destroy();
  }
}

/** Classes 3F and 42: a table or a column is not as it must be. 42501 is a missing right, which can be given at any time. */
function isMisfit(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(?:3F|42)[0-9A-Z]{3}$/.test(code) && code !== "42501";
}

function outboxFault(cause: unknown): Fault {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (!isMisfit(cause)) return unavailable(message, cause);
  const text = `The application's database has no outbox as it must be (${message}); \`verbatim hooks outbox\` prints the SQL that makes it.`;
  return new Fault("NOT_CONFIGURED", text, { cause });
}

function unavailable(why: string, cause?: unknown): Fault {
  return new Fault("SOURCE_UNAVAILABLE", `The outbox of the application's database cannot be used: ${why}.`, { cause });
}
