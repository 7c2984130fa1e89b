import type pg from "pg";
import type { Clock } from "#model";
import type { Connections } from "./connections.ts";

/** How processes tell one another of what they have written. */
export interface NewsChannelOptions {
  readonly connections: Connections;
  /** Name of the channel. */
  readonly channel: string;
  /** Names this store: its own news are passed over. */
  readonly session: string;
  readonly clock: Clock;
  /** After so long everything is looked at again, in milliseconds: news may get lost. */
  readonly pollMs: number;
  /** Others have written to this run; undefined = they may have written to any. Must not throw. */
  readonly onNews: (runId: string | undefined) => void;
  /** Others call attention to these runs. Must not throw. */
  readonly onCall: (call: ChannelCall, runIds: readonly string[]) => void;
}

/** What calls attention to runs: they were given up, for a driver or for a worker, or somebody asks that they be stopped. */
export type ChannelCall = "driver" | "worker" | "stop";

const CALLS: ReadonlySet<string> = new Set<ChannelCall>(["driver", "worker", "stop"]);

/** A notification has room for 8,000 bytes, and a run id takes up to 129 of them. */
const RUNS_PER_NOTIFICATION = 50;
/** What others have not been told of is kept up to here; then they find it when they look again. */
const RUNS_UNTOLD = 5000;
const TELL = `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, t) FROM unnest($2::text[]) AS t`;
/** What lives shorter need not listen. */
const LISTEN_AFTER_MS = 100;
const LISTEN_AGAIN_MS = 500;
/** What is written meanwhile is told of together: whoever listens is a reader, and a reader can wait for so long. */
const TOLD_APART_MS = 20;

/**
 * Tells other processes which runs have news, and is told by them: by NOTIFY, after the commit and apart from it, since
 * PostgreSQL lets transactions that notify commit one at a time. Such a transaction changes nothing, so nobody waits for its sync:
 * news of what is durable may get lost.
 */
export class NewsChannel {
  readonly #options: NewsChannelOptions;
  readonly #untold = new Set<string>();
  #telling: Promise<void> | undefined;
  #client: pg.PoolClient | undefined;
  #closed = false;
  #endPause: (() => void) | undefined;
  readonly #disarms = new Set<() => void>();
  #connecting: Promise<void> | undefined;
  readonly #calling = new Set<Promise<void>>();

  constructor(options: NewsChannelOptions) {
    this.#options = options;
    this.#later(LISTEN_AFTER_MS, () => {
      this.#connecting = this.#listen();
    });
    this.#pollLater();
  }

  /** Lets others know, soon. */
  tell(runIds: Iterable<string>): void {
    for (const runId of runIds) if (this.#untold.size < RUNS_UNTOLD) this.#untold.add(runId);
    this.#telling ??= this.#tellAll();
  }

  /** Calls the attention of others to runs, apart from what is told of their records. */
  call(call: ChannelCall, runIds: readonly string[]): void {
    if (runIds.length === 0) return;
    const { connections, channel, session } = this.#options;
    const texts = notifications([session, call], runIds);
    const sent = connections.write(TELL, [`${channel}_calls`, texts], "tell");
    const calling = sent.then(() => undefined).catch(() => undefined); // they look by themselves
    this.#calling.add(calling);
    void calling.then(() => this.#calling.delete(calling));
  }

  async #tellAll(): Promise<void> {
    const { connections, channel, session } = this.#options;
    while (this.#untold.size > 0) {
      const runIds = [...this.#untold];
      this.#untold.clear();
      const texts = notifications([session], runIds);
      await connections.write(TELL, [channel, texts], "tell").catch(() => undefined); // they look again
      await this.#pause();
    }
    this.#telling = undefined;
  }

  async #pause(): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      this.#later(TOLD_APART_MS, resolve);
    });
  }

  async #listen(): Promise<void> {
    if (this.#closed) return;
    try {
      const client = await this.#options.connections.listener();
      this.#client = client;
      client.on("notification", (notification) => this.#hear(notification));
      client.once("end", () => this.#listenAgain(client));
      await client.query(`LISTEN ${this.#options.channel}; LISTEN ${this.#options.channel}_calls`);
      this.#options.onNews(undefined); // of what came before nobody has told
    } catch {
      this.#listenAgain(this.#client);
    }
  }

  #listenAgain(client: pg.PoolClient | undefined): void {
    if (this.#closed || client !== this.#client) return;
    this.#client = undefined;
    client?.release(true);
    this.#later(LISTEN_AGAIN_MS, () => {
      this.#connecting = this.#listen();
    });
  }

  #hear({ channel, payload = "" }: pg.Notification): void {
    const [session, ...rest] = payload.split("\n");
    if (session === this.#options.session) return;
    if (channel === this.#options.channel) for (const runId of rest) this.#options.onNews(runId);
    else if (isCall(rest[0])) this.#options.onCall(rest[0], rest.slice(1));
  }

  #pollLater(): void {
    this.#later(this.#options.pollMs, () => {
      this.#options.onNews(undefined);
      this.#pollLater();
    });
  }

  #later(milliseconds: number, act: () => void): void {
    if (this.#closed) return;
    const disarm = this.#options.clock.after(milliseconds, () => {
      this.#disarms.delete(disarm);
      act();
    });
    this.#disarms.add(disarm);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const disarm of this.#disarms) disarm();
    this.#endPause?.();
    await this.#telling;
    await Promise.all(this.#calling);
    await this.#connecting;
    this.#client?.release(true);
    this.#client = undefined;
  }
}

/** The texts of notifications: each begins with `first`, and names as many runs as there is room for. */
function notifications(first: readonly string[], runIds: readonly string[]): readonly string[] {
  const count = Math.ceil(runIds.length / RUNS_PER_NOTIFICATION);
  return Array.from({ length: count }, (_nothing, place) =>
    [...first, ...runIds.slice(place * RUNS_PER_NOTIFICATION, (place + 1) * RUNS_PER_NOTIFICATION)].join("\n"),
  );
}

function isCall(text: string | undefined): text is ChannelCall {
  return text !== undefined && CALLS.has(text);
}
