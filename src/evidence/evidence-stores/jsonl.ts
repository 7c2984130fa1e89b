import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { openLine } from "../chain.ts";
import type { EvidenceStore, RunHead } from "../evidence-store.ts";
import type { LogBackend, RunAppend } from "../log-backend.ts";
import { LogStore } from "../log-store.ts";
import type { LogStoreOptions } from "../log-store.ts";
import { PAGE_CHARACTERS } from "../page.ts";
import { syncDirectory, writeFully } from "../durable-file.ts";
import { BlobFiles } from "./blob-files.ts";
import { lockDirectory } from "./directory-lock.ts";
import { scanLines } from "./line-file.ts";
import { RunOrder } from "./run-order.ts";

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const OPEN_RUNS = 64;

interface OpenRun {
  readonly file: number;
  /** Byte offset of every line, and of the end. */
  readonly offsets: number[];
  head: RunHead;
}

/** Keeps each run's log in a file of its own, `runs/<run>/events.jsonl`, synced at every commit. */
class JsonlBackend implements LogBackend {
  readonly #runs: string;
  readonly #unlock: () => void;
  readonly #blobs: BlobFiles;
  readonly #order: RunOrder;
  readonly #open = new Map<string, OpenRun>();

  constructor(directory: string) {
    this.#runs = join(directory, "runs");
    mkdirSync(this.#runs, { recursive: true, mode: 0o700 });
    mkdirSync(join(directory, "blobs"), { recursive: true, mode: 0o700 });
    this.#unlock = lockDirectory(directory);
    this.#blobs = new BlobFiles(join(directory, "blobs"));
    try {
      this.#order = new RunOrder(join(this.#runs, ".order"));
      syncDirectory(this.#runs);
      syncDirectory(directory);
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  write(appends: readonly RunAppend[]): void {
    for (const append of appends) this.#write(append);
  }

  #write({ runId, records }: RunAppend): void {
    const run = this.#find(runId) ?? this.#create(runId);
    const lines = records.map((stored) => Buffer.from(`${stored.line}\n`));
    writeFully(run.file, Buffer.concat(lines));
    fdatasyncSync(run.file);
    for (const line of lines) run.offsets.push((run.offsets.at(-1) ?? 0) + line.length);
    const last = records.at(-1)?.record;
    if (last !== undefined)
      run.head = { runId, size: last.seq + 1, hash: last.hash, completed: last.event_type === "run.completed" };
  }

  read(runId: string, afterSeq: number, limit: number): readonly string[] {
    const run = this.#find(runId);
    if (run === undefined) return [];
    const first = Math.min(afterSeq + 1, run.head.size);
    const last = Math.min(first + limit, run.head.size);
    const from = run.offsets[first] ?? 0;
    let end = Math.min(first + 1, last);
    while (end < last && (run.offsets[end + 1] ?? 0) - from <= PAGE_CHARACTERS) end += 1; // a character has a byte at least
    const to = run.offsets[end] ?? 0;
    return [...scanLines(run.file, { from, to })].map((line) => line.text);
  }

  head(runId: string): RunHead | undefined {
    return this.#find(runId)?.head;
  }

  runs({ limit, before }: { readonly limit: number; readonly before?: string }): readonly RunHead[] {
    const newestFirst = this.#names().toReversed();
    const place = before === undefined ? -1 : newestFirst.indexOf(before);
    if (place === -1 && before !== undefined) return [];
    const heads: RunHead[] = [];
    for (const runId of newestFirst.slice(place + 1)) {
      const head = this.head(runId);
      if (head !== undefined) heads.push(head);
      if (heads.length === limit) break;
    }
    return heads;
  }

  openRuns(): readonly RunHead[] {
    return this.#names()
      .flatMap((runId) => this.head(runId) ?? [])
      .filter((head) => !head.completed);
  }

  /** Oldest first; a directory that nobody announced, such as one that was put there by hand, counts as old. */
  #names(): readonly string[] {
    const announced = this.#order.runIds;
    const others = readdirSync(this.#runs).filter((name) => !announced.has(name));
    return [...others, ...announced];
  }

  #create(runId: string): OpenRun {
    const directory = join(this.#runs, runId);
    this.#order.announce(runId);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = openSync(join(directory, "events.jsonl"), "a+", 0o600);
    syncDirectory(directory);
    syncDirectory(this.#runs);
    return this.#remember({ file, offsets: [0], head: { runId, size: 0, hash: "", completed: false } });
  }

  #find(runId: string): OpenRun | undefined {
    const known = this.#open.get(runId);
    if (known !== undefined) return known;
    const path = join(this.#runs, runId, "events.jsonl");
    if (!RUN_ID.test(runId) || !existsSync(path)) return undefined;
    const file = openSync(path, "a+", 0o600);
    const run: OpenRun = { file, offsets: [0], head: { runId, size: 0, hash: "", completed: false } };
    for (const { text, end, whole } of scanLines(file, { from: 0, to: statSync(path).size })) {
      if (!whole) break;
      run.offsets.push(end);
      const completed = text.startsWith('"run.completed"', text.indexOf('"event_type":') + 13);
      run.head = { runId, size: run.head.size + 1, hash: openLine(text)?.hash ?? "", completed };
    }
    // A line without its line feed was never told to anybody: the write was cut before the sync.
    ftruncateSync(file, run.offsets.at(-1) ?? 0);
    if (run.head.size > 0) return this.#remember(run);
    closeSync(file);
    return undefined;
  }

  #remember(run: OpenRun): OpenRun {
    this.#open.set(run.head.runId, run);
    if (this.#open.size > OPEN_RUNS) {
      const [oldest, { file }] = this.#open.entries().next().value ?? [run.head.runId, run];
      this.#open.delete(oldest);
      closeSync(file);
    }
    return run;
  }

  putBlob(digest: string, bytes: Uint8Array): void {
    this.#blobs.put(digest, bytes);
  }

  getBlob(digest: string): Uint8Array | undefined {
    return this.#blobs.get(digest);
  }

  readBlob(digest: string, start: number, into?: Uint8Array): Uint8Array | undefined {
    return this.#blobs.read(digest, { start, ...(into !== undefined && { into }) });
  }

  close(): void {
    for (const { file } of this.#open.values()) closeSync(file);
    this.#open.clear();
    this.#order.close();
    this.#unlock();
  }
}

/**
 * A store of plain files, which one process owns at a time. Slower than SQLite: one sync for each run of a commit; and a
 * commit of several runs is all or none for each run, not for all of them.
 * @throws {Fault} STATE_LOCKED if another process owns the directory.
 */
export function createJsonlStore(directory: string, options: LogStoreOptions): EvidenceStore {
  return new LogStore(new JsonlBackend(directory), options);
}
