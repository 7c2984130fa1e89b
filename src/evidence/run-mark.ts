import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { EvidenceStore, RunHead } from "./evidence-store.ts";

/** A file that remembers up to which run some work on all runs is done, so that the next start looks no further back. */
export class RunMark {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The run from which on, oldest first, the work must be looked at again; undefined = all of them. */
  read(): string | undefined {
    return existsSync(this.#path) ? readFileSync(this.#path, "utf8").trim() : undefined;
  }

  /** Remembers that the work is done for all runs older than the oldest that is open, or for all. */
  async write(store: EvidenceStore): Promise<void> {
    const [oldestOpen] = await store.openRuns();
    const [newest] = await store.runs({ limit: 1 });
    const run = oldestOpen ?? newest;
    if (run === undefined) return;
    writeFileSync(`${this.#path}.part`, `${run.runId}\n`, { mode: 0o600 });
    renameSync(`${this.#path}.part`, this.#path);
  }
}

/**
 * All runs, newest first, back to a mark and with it; then every run that was opened again, which may have gone on after the
 * mark had passed it. One of these may come twice.
 */
export async function* runsBackTo(store: EvidenceStore, mark: string | undefined): AsyncGenerator<RunHead, void, void> {
  yield* newestBackTo(store, mark);
  if (mark !== undefined) yield* await store.reopenedRuns(); // without a mark all have come
}

async function* newestBackTo(store: EvidenceStore, mark: string | undefined): AsyncGenerator<RunHead, void, void> {
  let before: string | undefined;
  for (;;) {
    const heads = await store.runs({ limit: 100, ...(before !== undefined && { before }) });
    for (const head of heads) {
      yield head;
      if (head.runId === mark) return;
    }
    before = heads.at(-1)?.runId;
    if (before === undefined) return;
  }
}
