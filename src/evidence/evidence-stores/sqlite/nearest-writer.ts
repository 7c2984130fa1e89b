import type { DatabaseSync } from "node:sqlite";
import { DiskPace } from "./disk-pace.ts";
import { LineWriter } from "./line-writer.ts";
import type { LineAppend } from "./line-writer.ts";
import type { Writer } from "./writer.ts";

/** The most text that is written in this thread, in characters. */
const NEAR_CHARACTERS = 64 * 1024;

/** After so many commits in this thread one goes to the other, which also moves what the write-ahead log holds. */
const NEAR_COMMITS = 200;

/** What a {@link NearestWriter} is made with, beside its connection. */
export interface NearestWriterOptions {
  /** The writer's thread. */
  readonly far: Writer;
  readonly monotonicMs: () => number;
}

/**
 * Writes where it is done soonest: to ask the writer's thread and to be woken by it costs as much as a quick sync. So an
 * append that comes alone is written at once in this thread, as long as the disk is quick; whatever comes together, is
 * large, or may take long goes to the thread. One write at a time, as the caller sees to.
 */
export class NearestWriter {
  readonly #near: LineWriter;
  readonly #far: Writer;
  readonly #monotonicMs: () => number;
  readonly #pace = new DiskPace();
  #nearCommits = 0;

  constructor(database: DatabaseSync, { far, monotonicMs }: NearestWriterOptions) {
    database.exec("PRAGMA wal_autocheckpoint = 0"); // here nobody shall wait for more than one sync
    this.#near = new LineWriter(database);
    this.#far = far;
    this.#monotonicMs = monotonicMs;
  }

  /** Durable when it returns, or when what it returns resolves. @throws {Error} what the disk or SQLite said. */
  write(appends: readonly LineAppend[]): void | Promise<void> {
    if (!this.#isNear(appends)) return this.#writeFar(appends);
    const start = this.#monotonicMs();
    this.#near.write(appends);
    this.#pace.note(this.#monotonicMs() - start);
    this.#nearCommits += 1;
  }

  #isNear(appends: readonly LineAppend[]): boolean {
    const [first, ...others] = appends;
    if (first === undefined || others.length > 0) return false;
    if (!this.#pace.quick || this.#nearCommits >= NEAR_COMMITS) return false;
    return first.lines.reduce((sum, line) => sum + line.length, 0) <= NEAR_CHARACTERS;
  }

  async #writeFar(appends: readonly LineAppend[]): Promise<void> {
    this.#nearCommits = 0;
    await this.#far.write(appends);
    this.#pace.note(this.#far.lastCommitMs);
  }
}
