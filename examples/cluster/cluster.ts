import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectClient } from "#api";
import type { VerbatimClient } from "#api";
import { startPostgres } from "../../test/support/postgres-server.ts";
import { REPOSITORY } from "../demo/server.ts";
import { PROGRAM, startProcess } from "./processes.ts";
import type { ClusterProcess } from "./processes.ts";
import { layLine } from "../../test/support/silent-line.ts";
import type { SilentLine } from "../../test/support/silent-line.ts";

/** A worker that says nothing for so long loses its jobs. Short, for a demo. */
export const LEASE_SECONDS = 2;

/** A node that takes calls, over mutual TLS. */
export interface ApiNode extends ClusterProcess {
  readonly client: VerbatimClient;
}

/** A worker, with a line to the database of its own. */
export interface Worker extends ClusterProcess {
  readonly line: SilentLine;
}

/** A cluster on this machine: a database, nodes that take calls, workers. Disposing it ends all of it. */
export class Cluster implements AsyncDisposable {
  readonly directory: string;
  readonly nodes: ApiNode[] = [];
  readonly workers: Worker[] = [];
  readonly #opened = new AsyncDisposableStack();
  #port = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Starts a PostgreSQL that is thrown away at the end, and makes a CA with the certificates. */
  async open(): Promise<void> {
    const database = this.#opened.use(await startPostgres({ syncs: true }));
    this.#port = Number(new URL(database.url).port);
    const certs = join(this.directory, "certs");
    const made = spawnSync(process.execPath, [...PROGRAM, "certs", "init", "--out", certs], { cwd: REPOSITORY });
    if (made.status !== 0) throw new Error(`certs init: ${made.stderr.toString()}`);
  }

  async startNode(name: string): Promise<ApiNode> {
    const tls = Object.fromEntries(
      Object.entries({ certificate: "server.pem", key: "server.key", client_ca: "ca.pem" }).map(([member, file]) => [
        member,
        join(this.directory, "certs", file),
      ]),
    );
    const config = await this.#configuration(name, { tls });
    const words = ["serve", "--config", config, "--listen", "127.0.0.1:0"];
    const started = this.#opened.use(await startProcess(name, words, { EVIDENCE_URL: this.#url(this.#port) }));
    const address = /^listening on (\S+)/.exec(started.ready)?.[1];
    if (address === undefined) throw new Error(`${name} said ${started.ready}`);
    const [ca, certificate, key] = await Promise.all(
      ["ca.pem", "client-developer.pem", "client-developer.key"].map(
        async (file) => await readFile(join(this.directory, "certs", file), "utf8"),
      ),
    );
    if (ca === undefined || certificate === undefined || key === undefined) throw new Error("a certificate is missing");
    const client = connectClient({ address, tls: { ca, certificate, key } });
    this.#opened.defer(() => client[Symbol.dispose]());
    const node = { ...started, client };
    this.nodes.push(node);
    return node;
  }

  async startWorker(name: string): Promise<Worker> {
    const line = this.#opened.use(await layLine(this.#port));
    const config = await this.#configuration(name, {});
    const words = ["worker", "--config", config, "--name", name, "--concurrency", "4"];
    const started = this.#opened.use(await startProcess(name, words, { EVIDENCE_URL: this.#url(line.port) }));
    const worker = { ...started, line };
    this.workers.push(worker);
    return worker;
  }

  async #configuration(name: string, more: object): Promise<string> {
    const home = join(this.directory, name);
    await mkdir(home, { recursive: true });
    const configuration = {
      state: "state",
      store: "postgres",
      postgres: { url: { environment: "EVIDENCE_URL" }, lease_seconds: LEASE_SECONDS },
      workers: {},
      drain_seconds: 5,
      steps: { "command.run": { executables: ["sh", "sleep"], working_directories: [this.directory] } },
      ...more,
    };
    const file = join(home, "verbatim.yaml");
    await writeFile(file, JSON.stringify(configuration, undefined, 2));
    return file;
  }

  #url(port: number): string {
    return `postgres://verbatim@127.0.0.1:${port}/postgres`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { line } of this.workers) line.mend({ forgets: true }); // nobody waits for what was cut
    await this.#opened.disposeAsync();
  }
}
