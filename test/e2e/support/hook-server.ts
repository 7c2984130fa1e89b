import { readFile, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import type { VerbatimClient } from "#api";
import { ChangeOperation } from "../../../src/api/gen/verbatim/hooks/v1/hooks_pb.ts";
import { WorkState } from "../../../src/api/gen/verbatim/queue/v1/queue_pb.ts";
import { startServer } from "../../support/server-process.ts";
import type { ServerProcess } from "../../support/server-process.ts";

/** Hooks whose effects are lines in `effects`, counted outside of the server. */
export function hooksFile(effects: string): string {
  return `version: 1
entities:
  Ticket:
    table: tickets
    key: id
    fields: { id: int, title: string, org_id: int, wait: int }
    relations: { members: { many: User, column: org_id } }
  User: { table: users, key: id, fields: { id: int, email: string, role: string, org_id: int } }
jobs:
  note:
    input: Ticket
    capabilities: [append]
    effect: append
    with: { file: ${JSON.stringify(effects)}, before_ms: "\${trigger.wait}" }
  note_agents:
    input: Ticket
    needs: Ticket.members
    where: record.role == "agent"
    take: [email]
    capabilities: [append]
    effect: append
    with: { file: ${JSON.stringify(effects)}, email: "\${record.email}" }
  break:
    input: Ticket
    capabilities: [fail]
    effect: fail
    with: { error: "it is broken: \${trigger.title}" }
hooks:
  Ticket.after_create: [note]
  Ticket.after_update: { when: new.title != old.title, jobs: [note_agents] }
  Ticket.after_delete: [break]
`;
}

/** A server with hooks over a directory: its file, the application's database, and what its effects have come to. */
export class HookBench {
  readonly file: string;
  readonly effects: string;
  readonly database: string;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.file = `${directory}/hooks.yaml`;
    this.effects = `${directory}/effects`;
    this.database = `${directory}/app.db`;
  }

  /** Writes the file of hooks and the application's tables. */
  async prepare(): Promise<void> {
    await writeFile(this.file, hooksFile(this.effects));
    await writeFile(this.effects, "");
    using database = openDatabase(this.database);
    database.exec(`CREATE TABLE tickets (id INTEGER PRIMARY KEY, title TEXT, org_id INTEGER, wait INTEGER);
      CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, role TEXT, org_id INTEGER);
      INSERT INTO users VALUES (1, 'a', 'agent', 7), (2, 'b', 'member', 7), (3, 'c', 'agent', 7), (4, 'd', 'agent', 8)`);
  }

  /** Starts a server; a second one over the same directory goes on with what the first one left. */
  async start(
    configuration: Readonly<Record<string, unknown>> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ServerProcess> {
    const hooks = { file: this.file, reload_seconds: 0.1, source: { sqlite: this.database } };
    return await startServer({
      state: `${this.#directory}/state`,
      environment,
      configuration: { reserve_bytes: 0, drain_seconds: 5, hooks, ...configuration },
    });
  }

  /** The keys of the effects that took place, in their order. */
  async happened(): Promise<readonly string[]> {
    return (await readFile(this.effects, "utf8"))
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  }
}

/** A database of the application, for tests. */
export function openDatabase(path: string): DatabaseSync & Disposable {
  const database = new DatabaseSync(path, { timeout: 5000 });
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}

/** Tells of a ticket that was made. */
export async function created(client: VerbatimClient, changeId: string, record: Readonly<Record<string, unknown>>) {
  return await client.hooks.publishChange({
    changeId,
    entity: "Ticket",
    operation: ChangeOperation.CREATE,
    recordJson: Buffer.from(JSON.stringify(record)),
  });
}

const LOOK_MS = 20;

/** Waits until all work has ended. */
export async function whenDone(client: VerbatimClient): Promise<void> {
  for (;;) {
    const { queueDepth, running } = await client.queue.getStats({});
    if (queueDepth === 0n && running === 0n) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Waits until a piece of work has ended, and answers how. */
export async function ended(client: VerbatimClient, workId: string) {
  const over: ReadonlySet<WorkState | undefined> = new Set([WorkState.COMPLETED, WorkState.DEAD, WorkState.DISCARDED]);
  for (;;) {
    const { work } = await client.queue.getWork({ workId });
    if (work !== undefined && over.has(work.state)) return work;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
