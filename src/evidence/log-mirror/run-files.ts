import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { writeFully } from "../durable-file.ts";

const OPEN_FILES = 256;

/** Text to be added to the file of one run. */
export interface RunText {
  readonly runId: string;
  readonly text: string;
  /** Whether this is the run's last text. */
  readonly ends: boolean;
}

/** A run whose file could not be written; nothing more is written to it. */
export interface RunFileProblem {
  readonly runId: string;
  readonly message: string;
}

/** The files `RUN/events.jsonl` below a directory, open while they are being added to. */
export class RunFiles {
  readonly #directory: string;
  readonly #files = new Map<string, number>();
  readonly #broken = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Adds all texts; answers with what failed for the first time. Never throws. */
  add(texts: readonly RunText[]): readonly RunFileProblem[] {
    return texts.flatMap((text) => this.#add(text) ?? []);
  }

  #add({ runId, text, ends }: RunText): RunFileProblem | undefined {
    if (this.#broken.has(runId)) return undefined;
    try {
      writeFully(this.#file(runId), Buffer.from(text));
      if (ends) this.#close(runId);
      return undefined;
    } catch (error) {
      this.#broken.add(runId);
      this.#close(runId);
      return { runId, message: error instanceof Error ? error.message : String(error) };
    }
  }

  #file(runId: string): number {
    const open = this.#files.get(runId);
    if (open !== undefined) return open;
    const directory = join(this.#directory, runId);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = openSync(join(directory, "events.jsonl"), "a", 0o600);
    if (this.#files.size >= OPEN_FILES) this.#close(this.#files.keys().next().value ?? runId);
    this.#files.set(runId, file);
    return file;
  }

  #close(runId: string): void {
    const file = this.#files.get(runId);
    this.#files.delete(runId);
    if (file !== undefined) closeSync(file);
  }
}
