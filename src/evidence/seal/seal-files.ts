import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { syncDirectory } from "../durable-file.ts";

/** The name of a run's seal, beside its log. */
export const SEAL_FILE = "seal.dsse.json";

/**
 * The seals as files `RUN/seal.dsse.json`. They can be made again from the log, so that none is waited for to be on disk:
 * a start looks at those that were written after the last {@link SealFiles.sync}.
 */
export class SealFiles {
  readonly #directory: string;
  readonly #unsynced = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** The seal's text, or undefined. */
  get(runId: string): string | undefined {
    const path = this.#path(runId);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }

  put(runId: string, text: string): void {
    mkdirSync(join(this.#directory, runId), { recursive: true, mode: 0o700 });
    const path = this.#path(runId);
    writeFileSync(`${path}.part`, text, { mode: 0o600 });
    renameSync(`${path}.part`, path);
    this.#unsynced.add(runId);
  }

  /** Durable when it returns: all that was put. */
  sync(): void {
    for (const runId of this.#unsynced) {
      const file = openSync(this.#path(runId), "r");
      fsyncSync(file);
      closeSync(file);
      syncDirectory(join(this.#directory, runId));
      this.#unsynced.delete(runId);
    }
  }

  #path(runId: string): string {
    return join(this.#directory, runId, SEAL_FILE);
  }
}
