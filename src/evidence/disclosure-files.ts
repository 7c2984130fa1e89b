import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { KeptDisclosure } from "./disclosure.ts";
import { syncDirectory, writeFully } from "./durable-file.ts";

const FILE = "disclosures.jsonl";

/** Keeps disclosures beside the logs, in `runs/RUN/disclosures.jsonl`: a log stays as it is when they are erased. */
export class DisclosureFiles {
  readonly #state: string;

  /** `state` directory. */
  constructor(state: string) {
    this.#state = state;
  }

  /** Durable when it returns. */
  keep(runId: string, disclosures: readonly KeptDisclosure[]): void {
    if (disclosures.length === 0) return;
    mkdirSync(this.#directory(runId), { recursive: true, mode: 0o700 });
    this.#write(this.#path(runId), "a", disclosures);
    this.#syncNames(runId);
  }

  /** All that are kept of a run; a last line that a crash has cut is none. */
  read(runId: string): readonly KeptDisclosure[] {
    const path = this.#path(runId);
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as KeptDisclosure); // written by `keep`
  }

  /**
   * Erases all that are kept of a run, or those that are chosen, durably; returns what is left. Call it for a run that has
   * ended. The bytes may stay on the medium until it uses them for something else.
   */
  erase(runId: string, isChosen: (disclosure: KeptDisclosure) => boolean = () => true): readonly KeptDisclosure[] {
    const path = this.#path(runId);
    if (!existsSync(path)) return [];
    const left = this.read(runId).filter((disclosure) => !isChosen(disclosure));
    if (left.length === 0) rmSync(path);
    else {
      this.#write(`${path}.part`, "w", left);
      renameSync(`${path}.part`, path);
    }
    this.#syncNames(runId);
    return left;
  }

  #write(path: string, flags: "a" | "w", disclosures: readonly KeptDisclosure[]): void {
    const file = openSync(path, flags, 0o600);
    try {
      writeFully(file, Buffer.from(disclosures.map((disclosure) => `${JSON.stringify(disclosure)}\n`).join("")));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  #syncNames(runId: string): void {
    for (const directory of [this.#directory(runId), join(this.#state, "runs"), this.#state]) syncDirectory(directory);
  }

  #directory(runId: string): string {
    return join(this.#state, "runs", runId);
  }

  #path(runId: string): string {
    return join(this.#directory(runId), FILE);
  }
}
