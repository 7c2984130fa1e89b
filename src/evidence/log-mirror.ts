import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Clock } from "#model";
import type { EvidenceStore } from "./evidence-store.ts";
import type { RunAppend } from "./log-backend.ts";
import { endedAfter } from "./log-kind.ts";
import type { MirrorAnswer } from "./log-mirror/mirror-thread.ts";
import type { RunText } from "./log-mirror/run-files.ts";
import { RunMark, runsBackTo } from "./run-mark.ts";

const FLUSH_MS = 20;
const PENDING_CHARACTERS = 1024 * 1024;
const UNWRITTEN_CHARACTERS = 32 * 1024 * 1024;
const PAGE = 1000;
const RUNS_BETWEEN_MARKS = 1000;
/** The thread holds what is unwritten and hardly more: so its heap need not grow as one of a whole process may. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 };

/** What a mirror is made with. */
export interface LogMirrorOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Told once a run whose file could not be written; the store is not touched by it. */
  readonly onProblem: (runId: string, message: string) => void;
}

/**
 * Writes each run's lines to `runs/RUN/events.jsonl` as well, for `tail -f` and for handing on: the same bytes, some 20 ms
 * after they are durable in the store. The store is the truth; a start mends what a crash or a full disk left behind.
 */
export class LogMirror {
  readonly #options: LogMirrorOptions;
  readonly #runs: string;
  readonly #thread: Worker;
  readonly #pending = new Map<string, string[]>();
  readonly #ended = new Set<string>();
  readonly #broken = new Set<string>();
  readonly #wholeUpTo: RunMark;
  #characters = 0;
  #unwritten = 0;
  #endedSinceMark = 0;
  #disarm: (() => void) | undefined;
  readonly #threadEnded: Promise<void>;
  #dead = false;

  constructor(options: LogMirrorOptions) {
    this.#options = options;
    this.#runs = join(options.directory, "runs");
    mkdirSync(this.#runs, { recursive: true, mode: 0o700 });
    this.#wholeUpTo = new RunMark(join(this.#runs, ".whole-up-to"));
    const script = new URL(`./log-mirror/mirror-thread${extname(import.meta.url)}`, import.meta.url);
    this.#thread = new Worker(script, { workerData: this.#runs, resourceLimits: THREAD_LIMITS });
    this.#thread.on("message", (answer: MirrorAnswer) => this.#answered(answer));
    this.#thread.on("error", (error: Error) => this.#problem("", `the mirror's thread failed: ${error.message}`));
    this.#threadEnded = new Promise((resolve) => this.#thread.once("exit", () => resolve()));
    this.#thread.on("exit", () => {
      this.#dead = true;
    });
    this.#thread.unref();
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
      const said = records.map(({ record }) => record);
      if (endedAfter(said, this.#ended.has(runId))) this.#ended.add(runId);
      else this.#ended.delete(runId); // it was opened again before its end was handed on
    }
    if (this.#characters > PENDING_CHARACTERS) this.flush();
    else this.#disarm ??= this.#options.clock.after(FLUSH_MS, () => this.flush());
  }

  /** Hands what is waiting to the thread. */
  flush(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    const texts: RunText[] = [];
    for (const [runId, lines] of this.#pending) {
      if (this.#unwritten > UNWRITTEN_CHARACTERS) this.#problem(runId, "the disk takes the copies too slowly");
      if (this.#broken.has(runId)) continue;
      const text = `${lines.join("\n")}\n`;
      this.#unwritten += text.length;
      texts.push({ runId, text, ends: this.#ended.has(runId) });
    }
    if (texts.length > 0) this.#thread.postMessage(texts);
    this.#endedSinceMark += this.#ended.size;
    this.#characters = 0;
    this.#pending.clear();
    this.#ended.clear();
  }

  #answered({ written, problems }: MirrorAnswer): void {
    this.#unwritten -= written;
    for (const { runId, message } of problems) this.#problem(runId, message);
  }

  /** The run's file is not added to any more: a gap would be worse than an end. */
  #problem(runId: string, message: string): void {
    if (this.#broken.has(runId)) return;
    this.#broken.add(runId);
    this.#options.onProblem(runId, message);
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
    const mended: string[] = [];
    for await (const { runId } of runsBackTo(store, this.#wholeUpTo.read())) {
      if (await this.#mendRun(store, runId)) mended.push(runId);
    }
    await this.mark(store); // runs that are still open are looked at again after a crash: a mark stands before them
    return mended;
  }

  async #mendRun(store: EvidenceStore, runId: string): Promise<boolean> {
    const path = join(this.#runs, runId, "events.jsonl");
    const lines: string[] = [];
    for (;;) {
      const page = await store.read(runId, lines.length - 1, PAGE);
      for (const { line } of page) lines.push(line);
      if (page.length === 0) break;
    }
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    if (existsSync(path) && readFileSync(path).equals(bytes)) return false;
    mkdirSync(join(this.#runs, runId), { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.part`, bytes, { mode: 0o600 });
    renameSync(`${path}.part`, path);
    return true;
  }

  /** Remembers that all runs older than the oldest open one are whole: the next start looks no further back. */
  async mark(store: EvidenceStore): Promise<void> {
    this.#endedSinceMark = 0;
    if (this.#broken.size === 0) await this.#wholeUpTo.write(store);
  }

  /** Resolves when all that was taken is written. */
  async close(): Promise<void> {
    this.flush();
    this.#thread.ref();
    if (!this.#dead) this.#thread.postMessage("close");
    await this.#threadEnded;
  }
}
