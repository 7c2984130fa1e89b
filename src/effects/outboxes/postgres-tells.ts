import type { Client } from "pg";
import type { Clock } from "#model";

/** What listening needs. */
export interface PostgresTellsOptions {
  /** A connection that is not open yet. */
  readonly connect: () => Promise<Client>;
  readonly channel: string;
  readonly clock: Clock;
}

/** Before a connection that broke, or was not to be had, is made anew. Milliseconds. */
const AGAIN_MS = 1000;

/**
 * What a database tells on one of its channels, over a connection of its own that is made anew after it broke. Nobody waits for that
 * connection: as long as there is none, whoever waits is woken by the clock alone.
 */
export class PostgresTells {
  readonly #options: PostgresTellsOptions;
  #client: Client | undefined;
  #disarm: (() => void) | undefined;
  #begun = false;
  #closed = false;
  /** Something may be new that nobody has looked at. */
  #told = false;
  #wake: (() => void) | undefined;

  constructor(options: PostgresTellsOptions) {
    this.#options = options;
  }

  /** What was told so far is about to be looked at. */
  look(): void {
    this.#told = false;
  }

  /** Resolves when the database tells something, or has since the last look; after `milliseconds`; and when the signal aborts. */
  async wait(milliseconds: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (!this.#begun && !this.#closed) {
      this.#begun = true;
      this.#listen();
    }
    if (this.#told || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const wake = (): void => resolve();
    signal.addEventListener("abort", wake, { once: true });
    const disarm = this.#options.clock.after(milliseconds, wake);
    await promise;
    disarm();
    signal.removeEventListener("abort", wake);
    this.#wake = undefined;
  }

  /** Ends the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#disarm?.();
    this.#client?.connection.stream.destroy();
    this.#wake?.();
  }

  #listen(): void {
    void this.#open().catch(() => this.#again());
  }

  async #open(): Promise<void> {
    const client = await this.#options.connect();
    if (this.#closed) return;
    const ended = Promise.withResolvers<void>();
    client.on("error", () => client.connection.stream.destroy()); // without a listener it would end the process
    client.on("end", ended.resolve);
    client.on("notification", () => this.#tell());
    this.#client = client;
    try {
      await client.connect();
      await client.query(`LISTEN ${this.#options.channel}`);
      this.#tell(); // what was written before is not told any more
      if (this.#closed) client.connection.stream.destroy();
      await ended.promise;
    } finally {
      client.connection.stream.destroy();
      this.#client = undefined;
    }
    this.#again();
  }

  #again(): void {
    if (this.#closed) return;
    this.#disarm = this.#options.clock.after(AGAIN_MS, () => this.#listen());
  }

  #tell(): void {
    this.#told = true;
    this.#wake?.();
  }
}
