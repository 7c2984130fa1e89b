import { closeSync, existsSync, fdatasyncSync, ftruncateSync, mkdirSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "#model";
import type { EvidenceStore, ListedRuns, RunHead } from "../evidence-store.ts";
import type { LogBackend, RunAppend } from "../log-backend.ts";
import { endedAfter } from "../log-kind.ts";
import { LogStore } from "../log-store.ts";
import type { LogStoreOptions } from "../log-store-options.ts";
import { PAGE_CHARACTERS } from "../page.ts";
import { syncDirectory, writeFully } from "../durable-file.ts";
import { BlobFiles } from "./blob-files.ts";
import { lockDirectory } from "./directory-lock.ts";
import { brokenLog, readRunFile } from "./jsonl/run-file.ts";
import type { ReadRunFile, RunFile } from "./jsonl/run-file.ts";
import { cutTornTail, tailCutBefore } from "./jsonl/torn-tail.ts";
import { scanLines } from "./line-file.ts";
import { RunOrder } from "./run-order.ts";

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const OPEN_RUNS = 64;

/** Keeps each run's log in a file of its own, `runs/<run>/events.jsonl`, synced at every commit. */
class JsonlBackend implements LogBackend {
  readonly #runs: string;
  readonly #unlock: () => void;
  readonly #blobs: BlobFiles;
  readonly #order: RunOrder;
  readonly #open = new Map<string, RunFile>();
  /** Runs whose file this process has read or made: what a crash left in it is gone. */
  readonly #seen = new Set<string>();
  /** How far a log is durable while more of it is written; stays when that failed. */
  #writing: { readonly runId: string; readonly end: number } | undefined;
  readonly #onDamage: LogStoreOptions["onDamage"];

  constructor(directory: string, { onDamage }: LogStoreOptions) {
    this.#onDamage = onDamage;
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
    this.#addDurably(run, Buffer.concat(lines));
    for (const line of lines) run.offsets.push((run.offsets.at(-1) ?? 0) + line.length);
    const said = records.map(({ record }) => record);
    const completed = endedAfter(said, run.head.completed);
    run.reopened ||= run.head.completed;
    run.head = { runId, size: run.head.size + said.length, hash: said.at(-1)?.hash ?? "", completed };
  }

  /** What could not be synced is taken back: a later start would find it in the system's memory, and not after a power cut. */
  #addDurably(run: RunFile, bytes: Buffer): void {
    const end = run.offsets.at(-1) ?? 0;
    this.#writing = { runId: run.head.runId, end };
    try {
      writeFully(run.file, bytes);
      fdatasyncSync(run.file);
    } catch (error) {
      takeBack(run.file, end);
      throw error;
    }
    this.#writing = undefined;
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
    const head = this.#find(runId)?.head;
    return head?.size === 0 ? undefined : head; // its first write failed
  }

  /** The same; a run whose log is broken is left out, for the sake of all others. */
  #headIfWhole(runId: string): RunHead | undefined {
    try {
      return this.head(runId);
    } catch (error) {
      if (error instanceof Fault && error.code === "EVIDENCE_BROKEN") return undefined;
      throw error;
    }
  }

  runs({ limit, before, begins = "" }: ListedRuns): readonly RunHead[] {
    const newestFirst = this.#names().toReversed();
    const place = before === undefined ? -1 : newestFirst.indexOf(before);
    if (place === -1 && before !== undefined) return [];
    const heads: RunHead[] = [];
    for (const runId of newestFirst.slice(place + 1)) {
      if (!runId.startsWith(begins)) continue;
      const head = this.#headIfWhole(runId);
      if (head !== undefined) heads.push(head);
      if (heads.length === limit) break;
    }
    return heads;
  }

  openRuns(): readonly RunHead[] {
    return this.#names()
      .flatMap((runId) => this.#headIfWhole(runId) ?? [])
      .filter((head) => !head.completed);
  }

  reopenedRuns(): readonly RunHead[] {
    return this.#names().flatMap((runId) => {
      const head = this.#headIfWhole(runId);
      return head !== undefined && this.#find(runId)?.reopened === true ? head : [];
    });
  }

  /** Oldest first; a directory that nobody announced, such as one that was put there by hand, counts as old. */
  #names(): readonly string[] {
    const announced = this.#order.runIds;
    const others = readdirSync(this.#runs).filter((name) => !announced.has(name));
    return [...others, ...announced];
  }

  #create(runId: string): RunFile {
    const directory = join(this.#runs, runId);
    this.#seen.add(runId);
    this.#order.announce(runId);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = openSync(join(directory, "events.jsonl"), "a+", 0o600);
    syncDirectory(directory);
    syncDirectory(this.#runs);
    return this.#remember({
      file,
      offsets: [0],
      head: { runId, size: 0, hash: "", completed: false },
      reopened: false,
    });
  }

  /** @throws {Fault} EVIDENCE_BROKEN if the log does not hold. */
  #find(runId: string): RunFile | undefined {
    const known = this.#open.get(runId);
    if (known !== undefined) return known;
    const path = join(this.#runs, runId, "events.jsonl");
    if (!RUN_ID.test(runId) || !existsSync(path)) return undefined;
    const run = readRunFile(path, runId, this.#writing?.runId === runId ? this.#writing.end : undefined);
    try {
      if (run.rest === "broken") throw this.#broken(runId, run.head.size + 1);
      if (!this.#seen.has(runId)) this.#recover(path, run);
    } catch (error) {
      closeSync(run.file);
      throw error;
    }
    if (run.head.size > 0) return this.#remember(run);
    closeSync(run.file);
    return undefined;
  }

  #broken(runId: string, line: number): Fault {
    if (!this.#seen.has(runId)) this.#onDamage?.({ kind: "broken", runId, line });
    this.#seen.add(runId);
    return brokenLog(runId, line);
  }

  /** Mends what a crash has left of the last write, the first time that the file is read. */
  #recover(path: string, run: ReadRunFile): void {
    const { head, rest } = run;
    const torn = rest === "torn" ? cutTornTail(path, run) : undefined;
    if (torn !== undefined) this.#onDamage?.({ kind: "torn", runId: head.runId, tail: torn });
    const tail = torn ?? (head.completed ? undefined : tailCutBefore(path, run));
    if (tail !== undefined) run.head = { ...head, torn: tail };
    this.#seen.add(head.runId);
  }

  #remember(run: RunFile): RunFile {
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

/** As far as the system lets it: nobody was told of it, and the store takes no more either way. */
function takeBack(file: number, end: number): void {
  try {
    ftruncateSync(file, end);
  } catch {
    // Readers of this process stop at what is durable, and the next start reads what is there.
  }
}

/**
 * A store of plain files, which one process owns at a time. Slower than SQLite: one sync for each run of a commit; and a
 * commit of several runs is all or none for each run, not for all of them.
 * @throws {Fault} STATE_LOCKED if another process owns the directory.
 */
export function createJsonlStore(directory: string, options: LogStoreOptions): EvidenceStore {
  return new LogStore(new JsonlBackend(directory, options), options);
}
