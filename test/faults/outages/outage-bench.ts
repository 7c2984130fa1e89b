import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import { ChangeOperation } from "../../../src/api/gen/verbatim/hooks/v1/hooks_pb.ts";
import { serveHttp } from "../../effects/support/http-servers.ts";
import type { TestServer } from "../../effects/support/http-servers.ts";
import { residentMemory } from "../../support/resident-memory.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { startServer } from "../../support/server-process.ts";
import type { ServerProcess } from "../../support/server-process.ts";

/** What an operator may write; `needs` are followed in the database of `source`. */
export const HOOKS = `version: 1
entities:
  Ticket:
    table: tickets
    key: id
    fields: { id: int, org_id: int }
    relations: { org: { one: Organisation, column: org_id } }
  Organisation: { table: organisations, key: id, fields: { id: int }, relations: { members: { many: User, column: org_id } } }
  User: { table: users, key: id, fields: { id: int, role: string, org_id: int } }
jobs:
  tell:
    input: Ticket
    capabilities: [http.post]
    effect: http.post
    with: { url: "http://HOST/told", json: { ticket: "\${trigger.id}", user: 0 } }
  tell_agents:
    input: Ticket
    needs: Ticket.org.members
    where: record.role == "agent"
    capabilities: [http.post]
    effect: http.post
    with: { url: "http://HOST/told", json: { ticket: "\${trigger.id}", user: "\${record.id}" } }
hooks:
  Ticket.after_create: [JOB]
`;

/** The application's tables, with two agents of organisation 7. */
export const TABLES = `CREATE TABLE tickets (id bigint PRIMARY KEY, org_id bigint);
  CREATE TABLE users (id bigint PRIMARY KEY, role text, org_id bigint);
  CREATE TABLE organisations (id bigint PRIMARY KEY);
  INSERT INTO organisations VALUES (7), (8);
  INSERT INTO users VALUES (1, 'agent', 7), (2, 'member', 7), (3, 'agent', 7), (4, 'agent', 8)`;

/** What a stream of requests came to. */
export interface Accepted {
  readonly ticket: number;
  readonly workIds: readonly string[];
}

/** How a server with hooks is started. */
export interface OutageBenchOptions {
  readonly job: "tell" | "tell_agents";
  readonly jobs: Readonly<Record<string, unknown>>;
  readonly hooks?: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Between two requests of the stream, in milliseconds. */
  readonly requestMs: number;
}

const LOOK_MS = 20;
/** Longer than a busy machine takes for anything that is waited for here. */
const GOES_ON_WITHIN_MS = 300_000;
const WORKERS = 4;

/** `verbatim serve` in a process of its own, with a listener outside that counts its effects, and a stream of work that it accepts. */
export class OutageBench implements AsyncDisposable {
  readonly server: ServerProcess;
  readonly client: VerbatimClient;
  readonly accepted: Accepted[] = [];
  /** Codes of requests that were refused, and of the slowest of all requests how long it took, in milliseconds. */
  readonly refused: string[] = [];
  slowestMs = 0;
  readonly #listener: TestServer;
  readonly #resources: AsyncDisposableStack;
  #streaming: Promise<void> | undefined;
  #ends = false;
  readonly #firstMiB: number;
  readonly #requestMs: number;

  private constructor(made: {
    readonly server: ServerProcess;
    readonly client: VerbatimClient;
    readonly listener: TestServer;
    readonly resources: AsyncDisposableStack;
    readonly requestMs: number;
  }) {
    this.#requestMs = made.requestMs;
    this.server = made.server;
    this.client = made.client;
    this.#listener = made.listener;
    this.#resources = made.resources;
    this.#firstMiB = residentMemory(made.server.pid).now;
  }

  static async start({ job, jobs, hooks, environment, requestMs }: OutageBenchOptions): Promise<OutageBench> {
    await using resources = new AsyncDisposableStack();
    const directory = resources.use(await scratchDirectory());
    const listener = resources.use(await serveHttp((_request, response) => response.writeHead(204).end()));
    const file = join(directory.path, "hooks.yaml");
    await writeFile(file, HOOKS.replaceAll("HOST", listener.host).replace("JOB", job));
    const server = resources.use(
      await startServer({
        entry: "serve",
        state: join(directory.path, "state"),
        environment,
        configuration: {
          reserve_bytes: 0,
          hooks: { file, ...hooks },
          jobs: { concurrency: WORKERS, lease_seconds: 5, ...jobs },
          steps: { "http.post": { hosts: [listener.host] } },
        },
      }),
    );
    const client = resources.use(await server.client());
    return new OutageBench({ server, client, listener, resources: resources.move(), requestMs });
  }

  /** Asks for work again and again from now on, whatever happens meanwhile. */
  stream({ firstTicket }: { readonly firstTicket: number }): void {
    this.#streaming = this.#ask(firstTicket);
  }

  async #ask(firstTicket: number): Promise<void> {
    for (let ticket = firstTicket; !this.#ends; ticket++) {
      const startMs = performance.now();
      try {
        const { workIds } = await this.publish(ticket);
        this.accepted.push({ ticket, workIds });
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        this.refused.push(error.code);
      }
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startMs);
      await pause(this.#requestMs);
    }
  }

  async publish(ticket: number): Promise<{ readonly workIds: readonly string[] }> {
    return await this.client.hooks.publishChange({
      changeId: `ticket-${ticket}`,
      entity: "Ticket",
      operation: ChangeOperation.CREATE,
      recordJson: Buffer.from(JSON.stringify({ id: ticket, org_id: 7 })),
    });
  }

  /** Milliseconds until more has come to its effect than the workers can have had in hand. @throws {Error} if it does not within a minute. */
  async untilWorkGoesOn(): Promise<number> {
    const startMs = performance.now();
    const before = this.#listener.seen.length;
    await this.until("work goes on", () => this.#listener.seen.length > before + WORKERS);
    return performance.now() - startMs;
  }

  /** Ends the stream, and waits until nothing is left to be done. */
  async untilDone(): Promise<void> {
    this.#ends = true;
    await this.#streaming;
    await this.until("all work has ended", async () => {
      const { queueDepth, running } = await this.client.queue.getStats({});
      return queueDepth === 0n && running === 0n;
    });
  }

  /** What came to the listener outside, in order. */
  effects(): readonly { readonly ticket: number; readonly user: number; readonly key: string }[] {
    return this.#listener.seen.map(({ body, headers }) => {
      const { ticket, user } = JSON.parse(body) as { ticket: number; user: number }; // as HOOKS write it
      return { ticket, user, key: String(headers["idempotency-key"]) };
    });
  }

  /** The events of the server's log under a name. */
  events(name: string): readonly Readonly<Record<string, unknown>>[] {
    const lines = this.server
      .log()
      .split("\n")
      .filter((line) => line.includes(`"event":"${name}"`));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>); // the log is one object a line
  }

  /** By how much the server has grown since it took its first call, in MiB. */
  grownMiB(): number {
    return residentMemory(this.server.pid).now - this.#firstMiB;
  }

  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = performance.now() + GOES_ON_WITHIN_MS;
    while (!(await isSo())) {
      if (performance.now() > endMs) throw new Error(`${what}: not in its time\n${this.server.log()}`);
      await pause(LOOK_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends = true;
    await this.#resources.disposeAsync();
  }
}
