import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SharedOrder, SharedWord } from "./shared-store-process.ts";

const SCRIPT = fileURLToPath(new URL("shared-store-process.ts", import.meta.url));

/** Where the tables are that several processes write to. */
export interface SharedPlace {
  readonly url: string;
  readonly schema: string;
  readonly leaseMs: number;
}

/** A real process that writes to a store of several. */
export class SharedWriter implements AsyncDisposable {
  readonly #child;
  readonly #answers: unknown[] = [];
  #changed = Promise.withResolvers<void>();
  /** The lines of each run that it was told are durable. */
  readonly told = new Map<string, string[]>();
  /** Why an append of a run was refused. */
  readonly refused = new Map<string, string>();

  private constructor({ url, schema, leaseMs }: SharedPlace, directory: string) {
    const words = [SCRIPT, url, schema, directory, String(leaseMs)];
    this.#child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#hear(JSON.parse(line) as SharedWord)); // written by shared-store-process.ts
  }

  /** Starts it and waits until it is connected. */
  static async start(place: SharedPlace, directory: string): Promise<SharedWriter> {
    const writer = new SharedWriter(place, directory);
    await writer.#answer();
    return writer;
  }

  #hear(word: SharedWord): void {
    if ("answer" in word) this.#answers.push(word.answer);
    else if ("refused" in word) this.refused.set(word.refused, word.code);
    else this.told.set(word.told, [...(this.told.get(word.told) ?? []), word.line]);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves when `holds` does. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }

  async #answer(): Promise<unknown> {
    await this.until(() => this.#answers.length > 0);
    return this.#answers.shift();
  }

  /** Gives an order and waits for the answer to it; one at a time. */
  async ask(order: SharedOrder): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    return await this.#answer();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = this.#child.exitCode !== null || this.#child.signalCode !== null;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    if (!gone) await exited;
  }
}
