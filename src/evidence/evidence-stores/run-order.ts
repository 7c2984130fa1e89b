import { closeSync, fdatasyncSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { writeFully } from "../durable-file.ts";

/**
 * The order in which the runs of a directory were created, one id a line of a file of its own: the times of files are too
 * coarse to tell. An id is announced before its run is there, so that no run is missing; it may be announced in vain.
 */
export class RunOrder {
  readonly #file: number;
  readonly #ids: Set<string>;

  constructor(path: string) {
    this.#file = openSync(path, "a+", 0o600);
    const text = readFileSync(path, "latin1");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    ftruncateSync(this.#file, whole.length); // a torn line announced nothing: its run was not made
    this.#ids = new Set(whole.split("\n").slice(0, -1));
  }

  /** Oldest first. */
  get runIds(): ReadonlySet<string> {
    return this.#ids;
  }

  /** Durable when it returns. */
  announce(runId: string): void {
    if (this.#ids.has(runId)) return;
    writeFully(this.#file, Buffer.from(`${runId}\n`));
    fdatasyncSync(this.#file);
    this.#ids.add(runId);
  }

  close(): void {
    closeSync(this.#file);
  }
}
