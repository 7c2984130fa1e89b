import { extname } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { packAppends } from "./line-writer.ts";
import type { LineAppend } from "./line-writer.ts";
import { CLOSE, COMMIT_MICROSECONDS, PLACES, RUNG } from "./writer-task.ts";
import type { WriterSetup } from "./writer-task.ts";

/** The near end of the thread that writes to the store's file. One write at a time. */
export class Writer {
  readonly #thread: Worker;
  readonly #port: MessagePort;
  readonly #bell = new Int32Array(new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT));
  #settle: ((failure: string | undefined) => void) | undefined;
  #dead: string | undefined;
  readonly #ended: Promise<void>;

  constructor(path: string) {
    const { port1, port2 } = new MessageChannel();
    const script = new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url);
    const workerData: WriterSetup = { path, port: port2, bell: this.#bell };
    this.#thread = new Worker(script, { workerData, transferList: [port2] });
    this.#port = port1;
    this.#port.on("message", (failure: string | undefined) => this.#answer(failure));
    this.#thread.on("error", (error: Error) => this.#die(`the writer's thread failed: ${error.message}`));
    this.#ended = new Promise((resolve) => this.#thread.once("exit", () => resolve()));
    this.#thread.on("exit", () => this.#die("the writer's thread ended"));
    this.#port.unref();
    this.#thread.unref();
  }

  /** Resolves when all of it is durable. @throws {Error} what the disk or SQLite said. */
  async write(appends: readonly LineAppend[]): Promise<void> {
    if (this.#dead !== undefined) throw new Error(this.#dead);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#settle = resolve;
    this.#port.ref();
    this.#tell(packAppends(appends));
    const failure = await promise;
    if (failure !== undefined) throw new Error(failure);
  }

  /** How long the last write took in its thread, in milliseconds. */
  get lastCommitMs(): number {
    return Atomics.load(this.#bell, COMMIT_MICROSECONDS) / 1000;
  }

  #answer(failure: string | undefined): void {
    this.#port.unref();
    this.#settle?.(failure);
    this.#settle = undefined;
  }

  #die(why: string): void {
    this.#dead ??= why;
    this.#answer(why);
  }

  #tell(task: string): void {
    this.#port.postMessage(task);
    Atomics.add(this.#bell, RUNG, 1);
    Atomics.notify(this.#bell, RUNG);
  }

  /** Resolves when the file is closed, or the thread is gone for another reason. */
  async close(): Promise<void> {
    this.#thread.ref();
    if (this.#dead === undefined) this.#tell(CLOSE);
    await this.#ended;
    this.#port.close();
  }
}
