import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import { serveHttp } from "../../effects/support/http-servers.ts";
import type { TestServer } from "../../effects/support/http-servers.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { startServer } from "../../support/server-process.ts";
import type { ServerProcess } from "../../support/server-process.ts";
import { wireJob } from "../../support/wire-job.ts";
import type { WireJob } from "../../support/wire-job.ts";
import { ToldLogs } from "./told-logs.ts";

/** How servers over one store are started. */
export interface StoreBenchOptions {
  /** Addresses of the store, one for each server; the first is asked for work. */
  readonly urls: readonly string[];
  /** Members of `postgres` beside the address. */
  readonly postgres?: Readonly<Record<string, unknown>>;
}

const STEPS = 3;
const STREAMS = 3;
const LOOK_MS = 10;
const ASK_AGAIN_MS = 50;
/** Longer than a busy machine takes for anything that is waited for here. */
const WITHIN_MS = 300_000;

/**
 * `verbatim serve` in processes of their own over one store in PostgreSQL, a listener outside that counts their effects, and clients
 * that ask for jobs and for runs of a plan, one after the other, and keep all that they are told.
 */
export class StoreBench implements AsyncDisposable {
  readonly servers: readonly ServerProcess[];
  readonly clients: readonly VerbatimClient[];
  readonly logs = new ToldLogs();
  /** Why calls have failed, each reason once. */
  readonly refused = new Set<string>();
  /** Jobs and runs whose end was told. */
  readonly ended = new Set<string>();
  readonly #listener: TestServer;
  readonly #resources: AsyncDisposableStack;
  #streaming: readonly Promise<void>[] = [];
  #asked = 0;
  #ends = false;

  private constructor(made: {
    readonly servers: readonly ServerProcess[];
    readonly clients: readonly VerbatimClient[];
    readonly listener: TestServer;
    readonly resources: AsyncDisposableStack;
  }) {
    this.servers = made.servers;
    this.clients = made.clients;
    this.#listener = made.listener;
    this.#resources = made.resources;
  }

  static async start({ urls, postgres }: StoreBenchOptions): Promise<StoreBench> {
    await using resources = new AsyncDisposableStack();
    const directory = resources.use(await scratchDirectory());
    const listener = resources.use(await serveHttp((_request, response) => response.writeHead(204).end()));
    const launched = await Promise.all(
      urls.map(
        async (url, place) =>
          await startServer({
            entry: "serve",
            state: join(directory.path, `state-${place}`),
            environment: { EVIDENCE_URL: url },
            configuration: {
              reserve_bytes: 0,
              store: "postgres",
              postgres: { url: { environment: "EVIDENCE_URL" }, ...postgres },
              steps: { "http.post": { hosts: [listener.host] } },
            },
          }),
      ),
    );
    for (const server of launched) resources.use(server);
    const clients = await Promise.all(launched.map(async (server) => resources.use(await server.client())));
    return new StoreBench({ servers: launched, clients, listener, resources: resources.move() });
  }

  /** Asks for work again and again from now on, whatever happens meanwhile; the last server is asked for the bytes of each log. */
  stream(): void {
    const jobs = Array.from({ length: STREAMS }, async () => await this.#again(async (name) => await this.job(name)));
    this.#streaming = [...jobs, this.#again(async (name) => await this.plan(name))];
  }

  async #again(ask: (name: string) => Promise<void>): Promise<void> {
    while (!this.#ends) {
      await ask(`work-${(this.#asked += 1)}`);
      await pause(LOOK_MS);
    }
  }

  /** A job whose steps each post the name of their run and their place. */
  #jobOf(jobId: string): WireJob {
    const steps = Array.from({ length: STEPS }, (_nothing, place) => this.#step(`${jobId}/${place}`));
    return wireJob(jobId, steps);
  }

  /** Client of the server with this number; of the last one, if there are fewer. */
  #clientOf(place: number): VerbatimClient {
    const client = this.clients[place] ?? this.clients.at(-1);
    if (client === undefined) throw new Error("the bench has no server");
    return client;
  }

  /** Asks for a job until its end was told; `asked`: the number of the server. */
  async job(jobId: string, asked = 0): Promise<void> {
    const job = this.#jobOf(jobId);
    const client = this.#clientOf(asked);
    await Promise.all([
      this.#untilTold(jobId, async () => {
        for await (const { events } of client.executor.executeJobStream({ job }))
          for (const event of events) this.logs.event(jobId, event);
      }),
      this.#follow(jobId),
    ]);
    this.ended.add(jobId);
  }

  /** Asks for a run of a plan until its end was told. */
  async plan(runId: string): Promise<void> {
    const job = (key: string, needs: readonly string[]) => ({
      needs,
      recovery: "rerun",
      steps: [this.#step(`${runId}/${key}`)].map(({ stepType, parameters }) => ({ step_type: stepType, parameters })),
    });
    const text = JSON.stringify({ name: "chain", jobs: { a: job("a", []), b: job("b", ["a"]), c: job("c", ["a"]) } });
    const client = this.#clientOf(0);
    await Promise.all([
      this.#untilTold(runId, async () => {
        await client.runs.createRun({ plan: { text }, runId, actor: "ada" });
        for await (const { events } of client.runs.watchRun({ runId }))
          for (const event of events) this.logs.event(runId, event);
      }),
      this.#follow(runId),
    ]);
    this.ended.add(runId);
  }

  #step(name: string) {
    return { stepType: "http.post", parameters: { url: `http://${this.#listener.host}/`, json: { name } } };
  }

  /** Reads the exact lines from the last server as they become durable. */
  async #follow(runId: string): Promise<void> {
    await this.#untilTold(runId, async () => {
      const client = this.#clientOf(this.clients.length - 1);
      const afterSeq = this.logs.nextSeq(runId) - 1;
      const after = afterSeq < 0 ? {} : { afterSeq: BigInt(afterSeq) };
      for await (const { lines } of client.evidence.readLog({ runId, follow: true, ...after }))
        for (const { seq, line } of lines)
          this.logs.line(runId, { seq: Number(seq), line: Buffer.from(line).toString() });
    });
  }

  /** A call that fails is made again, unless nobody wants to know any more. */
  async #untilTold(runId: string, ask: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        // Asked for before the job was accepted: not yet there.
        if (error.code !== "RUN_NOT_FOUND" || this.logs.nextSeq(runId) > 0) this.refused.add(error.code);
      }
      await pause(ASK_AGAIN_MS);
    }
  }

  /** Milliseconds until a job and a run that were asked for after now have ended. */
  async untilWorkGoesOn(): Promise<number> {
    const startMs = performance.now();
    const before = this.#asked;
    const isNew = (name: string): boolean => Number(name.slice("work-".length)) > before;
    await this.until("work goes on", () => [...this.ended].filter(isNew).length > STREAMS);
    return performance.now() - startMs;
  }

  /** Ends the stream, and waits until all that was asked for has ended. */
  async untilDone(): Promise<void> {
    this.#ends = true;
    await Promise.all(this.#streaming);
  }

  /** How often each step took effect, by the name that it gave. */
  effects(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { body } of this.#listener.seen) {
      const { name } = JSON.parse(body) as { readonly name: string }; // as #step writes it
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    const endMs = performance.now() + WITHIN_MS;
    while (!isSo()) {
      if (performance.now() > endMs)
        throw new Error(`${what}: not in its time\n${this.servers.map((server) => server.log()).join("\n")}`);
      await pause(LOOK_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends = true;
    await this.#resources.disposeAsync();
  }
}
