import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#model";
import { writeFully } from "./evidence-stores/blob-files.ts";
import type { EvidenceStore } from "./evidence-store.ts";
import type { RunAppend } from "./log-backend.ts";

const FLUSH_MS = 20;
const PENDING_CHARACTERS = 1024 * 1024;
const OPEN_FILES = 256;
const PAGE = 1000;
const RUNS_BETWEEN_MARKS = 1000;

/** What a mirror is made with. */
export interface LogMirrorOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Told once a run whose file could not be written; the store is not touched by it. */
  readonly onProblem: (runId: string, error: unknown) => void;
}

/**
 * Writes each run's lines to `runs/RUN/events.jsonl` as well, for `tail -f` and for handing on: the same bytes, up to 20 ms
 * after they are durable in the store. The store is the truth; a start mends what a crash left behind.
 */
export class LogMirror {
  readonly #options: LogMirrorOptions;
  readonly #runs: string;
  readonly #pending = new Map<string, string[]>();
  readonly #ended = new Set<string>();
  readonly #files = new Map<string, number>();
  readonly #broken = new Set<string>();
  #characters = 0;
  #endedSinceMark = 0;
  #disarm: (() => void) | undefined;

  constructor(options: LogMirrorOptions) {
    this.#options = options;
    this.#runs = join(options.directory, "runs");
    mkdirSync(this.#runs, { recursive: true, mode: 0o700 });
  }

  /** Takes what a commit made durable. Never throws. */
  take(appends: readonly RunAppend[]): void {
    for (const { runId, records } of appends) {
      const lines = this.#pending.get(runId) ?? [];
      if (lines.length === 0) this.#pending.set(runId, lines);
      for (const { line } of records) {
        lines.push(line);
        this.#characters += line.length;
      }
      if (records.at(-1)?.record.event_type === "run.completed") this.#ended.add(runId);
    }
    if (this.#characters > PENDING_CHARACTERS) this.flush();
    else this.#disarm ??= this.#options.clock.after(FLUSH_MS, () => this.flush());
  }

  /** Writes what is waiting. */
  flush(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    for (const [runId, lines] of this.#pending) this.#write(runId, `${lines.join("\n")}\n`);
    this.#pending.clear();
    this.#characters = 0;
    for (const runId of this.#ended) this.#closeFile(runId);
    this.#endedSinceMark += this.#ended.size;
    this.#ended.clear();
  }

  #write(runId: string, text: string): void {
    if (this.#broken.has(runId)) return;
    try {
      writeFully(this.#file(runId), Buffer.from(text));
    } catch (error) {
      this.#broken.add(runId);
      this.#closeFile(runId);
      this.#options.onProblem(runId, error);
    }
  }

  #file(runId: string): number {
    const open = this.#files.get(runId);
    if (open !== undefined) return open;
    const directory = join(this.#runs, runId);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = openSync(join(directory, "events.jsonl"), "a", 0o600);
    this.#files.set(runId, file);
    if (this.#files.size > OPEN_FILES) this.#closeFile(this.#files.keys().next().value ?? runId);
    return file;
  }

  #closeFile(runId: string): void {
    const file = this.#files.get(runId);
    if (file !== undefined) closeSync(file);
    this.#files.delete(runId);
  }

  /** Whether enough runs have ended to remember that their files are whole. */
  get markDue(): boolean {
    return this.#endedSinceMark >= RUNS_BETWEEN_MARKS && this.#broken.size === 0;
  }

  /**
   * Compares the files with the store, newest run first, back to the run up to which they were known to be whole, and
   * writes those anew that differ. Call it while nothing is appended; returns the runs that were mended.
   */
  async mend(store: EvidenceStore): Promise<readonly string[]> {
    const mark = this.#readMark();
    const mended: string[] = [];
    let before: string | undefined;
    let newest: string | undefined;
    for (;;) {
      const heads = await store.runs({ limit: 100, ...(before !== undefined && { before }) });
      newest ??= heads[0]?.runId;
      for (const { runId } of heads) {
        if (await this.#mendRun(store, runId)) mended.push(runId);
        if (runId === mark) return this.#finish(newest, mended);
      }
      before = heads.at(-1)?.runId;
      if (before === undefined) return this.#finish(newest, mended);
    }
  }

  #finish(newest: string | undefined, mended: readonly string[]): readonly string[] {
    if (newest !== undefined) this.#mark(newest);
    return mended;
  }

  async #mendRun(store: EvidenceStore, runId: string): Promise<boolean> {
    const path = join(this.#runs, runId, "events.jsonl");
    const lines: string[] = [];
    for (;;) {
      const page = await store.read(runId, lines.length - 1, PAGE);
      for (const { line } of page) lines.push(line);
      if (page.length < PAGE) break;
    }
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    if (existsSync(path) && statSync(path).size === bytes.length) return false;
    mkdirSync(join(this.#runs, runId), { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.part`, bytes, { mode: 0o600 });
    renameSync(`${path}.part`, path);
    return true;
  }

  /** Remembers that all runs older than the oldest open one are whole: the next start looks no further back. */
  async mark(store: EvidenceStore): Promise<void> {
    this.#endedSinceMark = 0;
    const [oldestOpen] = await store.openRuns();
    const [newest] = await store.runs({ limit: 1 });
    const run = oldestOpen ?? newest;
    if (run !== undefined && this.#broken.size === 0) this.#mark(run.runId);
  }

  #mark(runId: string): void {
    writeFileSync(join(this.#runs, ".whole-up-to.part"), `${runId}\n`, { mode: 0o600 });
    renameSync(join(this.#runs, ".whole-up-to.part"), join(this.#runs, ".whole-up-to"));
  }

  #readMark(): string | undefined {
    const path = join(this.#runs, ".whole-up-to");
    return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  }

  /** Writes what is waiting and closes all files. */
  close(): void {
    this.flush();
    for (const runId of this.#files.keys()) this.#closeFile(runId);
  }
}
