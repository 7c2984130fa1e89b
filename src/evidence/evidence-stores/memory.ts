import type { EvidenceStore, ListedRuns, RunHead } from "../evidence-store.ts";
import type { LogBackend, RunAppend } from "../log-backend.ts";
import { LogStore } from "../log-store.ts";
import type { LogStoreOptions } from "../log-store-options.ts";
import { BLOB_PIECE_BYTES } from "../log-backend.ts";
import { endedAfter } from "../log-kind.ts";
import { pageOf } from "../page.ts";

interface MemoryRun {
  readonly lines: string[];
  head: RunHead;
  /** Whether it went on behind its end. */
  reopened: boolean;
}

/** Keeps logs in this process's memory: for tests and measures; durable as long as the process is. */
class MemoryBackend implements LogBackend {
  readonly #runs = new Map<string, MemoryRun>();
  readonly #blobs = new Map<string, Uint8Array>();

  write(appends: readonly RunAppend[]): void {
    for (const { runId, records } of appends) {
      const run = this.#runs.get(runId) ?? newRun(runId);
      run.reopened ||= run.head.completed;
      this.#runs.set(runId, run);
      for (const stored of records) run.lines.push(stored.line);
      const said = records.map(({ record }) => record);
      const completed = endedAfter(said, run.head.completed);
      run.head = { runId, size: run.lines.length, hash: said.at(-1)?.hash ?? "", completed };
    }
  }

  read(runId: string, afterSeq: number, limit: number): readonly string[] {
    return pageOf(this.#runs.get(runId)?.lines.slice(afterSeq + 1, afterSeq + 1 + limit) ?? []);
  }

  head(runId: string): RunHead | undefined {
    return this.#runs.get(runId)?.head;
  }

  runs({ limit, before, begins = "" }: ListedRuns): readonly RunHead[] {
    const newestFirst = [...this.#runs.values()].toReversed().map((run) => run.head);
    const place = before === undefined ? -1 : newestFirst.findIndex((head) => head.runId === before);
    if (place === -1 && before !== undefined) return [];
    const older = newestFirst.slice(place + 1);
    return older.filter(({ runId }) => runId.startsWith(begins)).slice(0, limit);
  }

  openRuns(): readonly RunHead[] {
    return [...this.#runs.values()].map((run) => run.head).filter((head) => !head.completed);
  }

  reopenedRuns(): readonly RunHead[] {
    return [...this.#runs.values()].filter((run) => run.reopened).map((run) => run.head);
  }

  putBlob(digest: string, bytes: Uint8Array): void {
    if (!this.#blobs.has(digest)) this.#blobs.set(digest, Uint8Array.from(bytes));
  }

  getBlob(digest: string): Uint8Array | undefined {
    const bytes = this.#blobs.get(digest);
    return bytes === undefined ? undefined : Uint8Array.from(bytes); // the reader may do with it as it likes
  }

  readBlob(digest: string, start: number): Uint8Array | undefined {
    return this.#blobs.get(digest)?.slice(start, start + BLOB_PIECE_BYTES);
  }

  close(): void {
    // Nothing is held open.
  }
}

function newRun(runId: string): MemoryRun {
  return { lines: [], head: { runId, size: 0, hash: "", completed: false }, reopened: false };
}

/** A store in memory. */
export function createMemoryStore(options: LogStoreOptions): EvidenceStore {
  return new LogStore(new MemoryBackend(), options);
}
