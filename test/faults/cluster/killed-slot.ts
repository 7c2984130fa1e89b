import { setTimeout as pause } from "node:timers/promises";
import type { VerbatimClient } from "#api";
import { NotStarted } from "../../support/server-process.ts";
import type { ServerProcess } from "../../support/server-process.ts";
import type { WorkerProcess } from "../../worker/support/worker-process.ts";
import { launchNode, startNode, startPlainWorker } from "./shared-cluster.ts";
import type { ClusterPlace } from "./shared-cluster.ts";

/** A process of a slot, from its word that it is ready until it is killed. */
export interface SlotProcess {
  readonly process: ServerProcess | WorkerProcess;
  /** Of a node. */
  readonly client: VerbatimClient | undefined;
  /** Whether it was told to die: what was asked of it then may break off. */
  killed: boolean;
}

/** What is killed and started again, always over the same state directory. Disposing it kills it for good. */
export class KilledSlot implements AsyncDisposable {
  readonly kind: "node" | "worker";
  readonly name: string;
  readonly #place: ClusterPlace;
  #now: SlotProcess | undefined;
  #starting: Promise<void> = Promise.resolve();

  constructor(place: ClusterPlace, { kind, name }: Readonly<Pick<KilledSlot, "kind" | "name">>) {
    this.#place = place;
    this.kind = kind;
    this.name = name;
  }

  /** Its process, if that takes calls or jobs now. */
  get up(): SlotProcess | undefined {
    return this.#now;
  }

  /** Starts it, and resolves when it is ready. */
  async start(): Promise<void> {
    this.startSoon();
    await this.started();
  }

  /** Starts it without a wait. */
  startSoon(): void {
    this.#starting = this.#start();
    this.#starting.catch(() => undefined); // told by `started`
  }

  /** Resolves when the last start is over. @throws {NotStarted} */
  async started(): Promise<void> {
    await this.#starting;
  }

  async #start(): Promise<void> {
    if (this.kind === "worker") {
      this.#now = { process: await startPlainWorker(this.#place, this.name), client: undefined, killed: false };
      return;
    }
    const server = await startNode(this.#place, this.name);
    this.#now = { process: server, client: await server.client(), killed: false };
  }

  async kill(): Promise<void> {
    const now = this.#now;
    if (now === undefined) return;
    this.#now = undefined;
    now.killed = true;
    await now.process.end("SIGKILL");
    now.client?.close();
  }

  /** Starts a node and kills it after so long. Answers 1 if that was before it took calls. */
  async killStart(afterMs: number): Promise<number> {
    if (this.kind === "worker") return 0;
    const { child, ended, ready } = await launchNode(this.#place, this.name);
    await pause(afterMs);
    child.kill("SIGKILL");
    await ended;
    return await ready.then(
      () => 0,
      (error: unknown) => (error instanceof NotStarted ? 1 : Promise.reject(error)),
    );
  }

  /** Stops it in an orderly way. Answers what is wrong with how it ended. */
  async stop(): Promise<readonly string[]> {
    const now = this.#now;
    if (now === undefined) return [`${this.name} is not there any more`];
    this.#now = undefined;
    now.client?.close();
    const end = await now.process.end("SIGTERM");
    const code = typeof end === "object" && end !== null ? end.code : end;
    return code === 0 ? [] : [`${this.name} ended with ${code ?? "a signal"}:\n${now.process.log().slice(-2000)}`];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#starting.catch(() => undefined);
    await this.kill();
  }
}
