import { assert, Fault } from "#model";
import type { Cancellation } from "#model";
import { requirePage, requireStart } from "./store-bounds.ts";
import { blobPiece, blobSize, wholeBlob } from "./blob-pieces.ts";
import { digest } from "./canonical-json.ts";
import type { Claimant, EvidenceStore, ListedRuns, RunHead, TailOptions, WaitingRun } from "./evidence-store.ts";
import type { LogBackend, Refusal, RunAppend, SharedBackend } from "./log-backend.ts";
import type { LogStoreOptions } from "./log-store-options.ts";
import { News } from "./news.ts";
import { isEndOfFailure } from "./opened-again.ts";
import { LostRuns } from "./lost-runs.ts";
import { parsedLine } from "./parsed-line.ts";
import { encodeAppend, mayGoOn } from "./queued-append.ts";
import type { AcceptedAppend, QueuedAppend } from "./queued-append.ts";
import { RecentRecords } from "./recent-records.ts";
import { SharedPages } from "./shared-pages.ts";
import type { EvidenceRecord, RecordDraft, StoredRecord } from "./record.ts";
import { fenced, halted, notShared, placeTaken } from "./store-faults.ts";
import { WakeUps } from "./wake-ups.ts";

const DRAFTS_PER_APPEND = 1000;
const RECORDS_PER_PAGE = 128;
/** What callers choose, or the name that the log of an attempt gets: no caller can choose that. */
const RUN_ID = /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,127}|~[A-Za-z0-9_-]{43})$/;

/** The evidence store over any medium: order, chain, group commit, tails, and halting at the first failed write. */
export class LogStore implements EvidenceStore {
  readonly #backend: LogBackend;
  readonly #options: LogStoreOptions;
  readonly #heads = new Map<string, RunHead>();
  readonly #recent = new RecentRecords();
  readonly #sharedPages = new SharedPages();
  readonly #wakeUps: WakeUps;
  readonly #news = new News((runId) => this.#wakeUps.wake(runId));
  /** Runs that were written here and that somebody else has claimed since, the latest last. */
  readonly #lost = new LostRuns();
  #queue: QueuedAppend[] = [];
  #flushing: Promise<void> | undefined;
  #halted: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(backend: LogBackend, options: LogStoreOptions) {
    this.#backend = backend;
    this.#options = options;
    this.#wakeUps = new WakeUps(options.clock);
    backend.shared?.attach({
      changed: (runId) => this.#hearOf(runId),
      lost: (runIds) => this.#lose(runIds),
      free: (runIds, hands) => options.onFree?.(runIds, hands),
      stopAsked: (runId, cancellation) => options.onStopAsked?.(runId, cancellation),
    });
  }

  get halted(): string | undefined {
    return this.#halted;
  }

  append(runId: string, at: number, drafts: readonly RecordDraft[]): Promise<readonly StoredRecord[]> {
    assert(drafts.length > 0 && drafts.length <= DRAFTS_PER_APPEND, `an append has 1..${DRAFTS_PER_APPEND} drafts`);
    assert(at !== 0 || RUN_ID.test(runId), "a run id has 1..128 of A-Z a-z 0-9 . _ - with a letter or digit first");
    const { promise, resolve, reject } = Promise.withResolvers<readonly StoredRecord[]>();
    this.#queue.push({ runId, at, drafts, resolve, reject });
    this.#flushing ??= this.#flushSoon();
    return promise;
  }

  /** Everything that is queued when the event loop comes round goes into one commit. */
  async #flushSoon(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#queue.length === 0) break;
      const queued = this.#queue;
      this.#queue = [];
      await this.#commit(queued);
    }
    this.#flushing = undefined;
    this.#news.tellAll();
  }

  async #commit(queued: readonly QueuedAppend[]): Promise<void> {
    const accepted: AcceptedAppend[] = [];
    const heads = new Map<string, RunHead>();
    for (const from of queued) {
      try {
        const before = heads.get(from.runId) ?? this.#heads.get(from.runId) ?? (await this.#headBefore(from));
        await this.#requirePlace(from, before, accepted);
        const { records, head } = encodeAppend(from, before, this.#options.newEventId);
        heads.set(from.runId, head);
        accepted.push({ from, append: { runId: from.runId, records } });
      } catch (fault) {
        from.reject(fault);
      }
    }
    if (accepted.length === 0) return this.#news.tellAll();
    const appends = accepted.map(({ append }) => append);
    const { watch } = this.#options;
    const startMs = watch?.monotonicMs() ?? 0;
    let refused: ReadonlyMap<string, Refusal> = NOTHING_REFUSED;
    try {
      const written = this.#backend.write(appends);
      if (written !== undefined) await this.#news.tellDuring(written);
      if (written !== undefined) refused = (await written) ?? NOTHING_REFUSED;
      watch?.onWritten({
        appends: appends.length,
        records: appends.reduce((sum, { records }) => sum + records.length, 0),
        milliseconds: watch.monotonicMs() - startMs,
      });
    } catch (error) {
      this.#halt(error);
      for (const { from } of accepted) from.reject(this.#haltedFault(error));
      return;
    }
    const taken = refused.size === 0 ? accepted : await this.#refuse(accepted, refused);
    for (const runId of refused.keys()) heads.delete(runId);
    if (taken.length > 0) this.#publish(refused.size === 0 ? appends : taken.map(({ append }) => append), heads);
    for (const { from, append } of taken) from.resolve(append.records);
  }

  /** A shared medium looks by itself whether there is such a run. */
  #headBefore({ runId, at }: QueuedAppend): RunHead | undefined | Promise<RunHead | undefined> {
    return at === 0 && this.#backend.shared !== undefined ? undefined : this.#backend.head(runId);
  }

  /** Answers those whose runs somebody else writes to, and gives the others. */
  async #refuse(
    accepted: readonly AcceptedAppend[],
    refused: ReadonlyMap<string, Refusal>,
  ): Promise<readonly AcceptedAppend[]> {
    const lost = [...refused].filter(([, refusal]) => refusal === "fenced").map(([runId]) => runId);
    if (lost.length > 0) this.#lose(lost);
    for (const runId of refused.keys()) this.#lookAgain(runId);
    for (const { from } of accepted) {
      const { runId, at } = from;
      const refusal = refused.get(runId);
      if (refusal === "fenced") from.reject(fenced(runId));
      if (refusal !== "place") continue;
      const head = await Promise.resolve(this.#backend.head(runId)).catch(() => undefined); // only for what is said
      from.reject(placeTaken(head, runId, at));
    }
    return accepted.filter(({ from }) => !refused.has(from.runId));
  }

  /** Others have written. To a run that is thought to be held here they can only have if they have claimed it. */
  #hearOf(runId: string | undefined): void {
    if (runId !== undefined && this.#backend.shared?.holds(runId) === true) this.#lost.add(runId);
    this.#lookAgain(runId);
  }

  /** Forgets what is known here of a run that others write to, and lets its readers look. */
  #lookAgain(runId: string | undefined): void {
    const { shared } = this.#backend;
    const runIds =
      runId === undefined ? this.#wakeUps.runIds.filter((known) => shared?.holds(known) !== true) : [runId];
    for (const changed of runIds) {
      this.#heads.delete(changed);
      this.#recent.forget(changed);
      this.#wakeUps.wake(changed);
    }
  }

  #lose(runIds: readonly string[]): void {
    for (const runId of runIds) {
      this.#lookAgain(runId);
      this.#lost.add(runId);
    }
    this.#options.onFenced?.(runIds);
  }

  /** Whether an append takes its place: the next one, of a log that has not ended or may go on. */
  async #requirePlace(
    from: QueuedAppend,
    before: RunHead | undefined,
    accepted: readonly AcceptedAppend[],
  ): Promise<void> {
    const { runId, at, drafts } = from;
    const goesOn = before?.completed === true && (await mayGoOn(from, before, { accepted, backend: this.#backend }));
    if (this.#halted !== undefined) throw this.#haltedFault();
    const opensAgain = goesOn && drafts[0]?.event_type === "run.resumed";
    if (at === 0 || opensAgain) this.#options.guardNewRun?.();
    if ((before?.size ?? 0) === at && (before?.completed !== true || goesOn)) return;
    throw this.#lost.has(runId) ? fenced(runId) : placeTaken(before, runId, at);
  }

  #publish(appends: readonly RunAppend[], heads: ReadonlyMap<string, RunHead>): void {
    for (const [runId, head] of heads) {
      if (head.completed) this.#heads.delete(runId);
      else this.#heads.set(runId, head);
    }
    for (const { runId, records } of appends) {
      this.#recent.add(runId, records);
      this.#lost.delete(runId);
    }
    try {
      this.#options.onCommit?.(appends);
    } catch (error) {
      this.#halt(error); // what is durable is told; after our own mistake nothing more is taken
    }
    this.#news.add(heads.keys());
  }

  #halt(error: unknown): void {
    if (this.#halted !== undefined) return;
    const why = error instanceof Error ? error.message : String(error);
    this.#halted = error instanceof Error && "path" in error && "code" in error ? String(error.code) : why; // no path for callers
    this.#wakeUps.wakeAll();
    this.#options.onHalt?.(why);
  }

  #haltedFault(cause?: unknown): Fault {
    return halted(String(this.#halted), cause);
  }

  #requireOpen(): void {
    if (this.#closing !== undefined)
      throw new Fault("STORE_HALTED", "The evidence store answers nothing more: it was closed.");
  }

  async read(runId: string, afterSeq: number, limit: number): Promise<readonly StoredRecord[]> {
    requireStart(afterSeq);
    requirePage(limit);
    this.#requireOpen();
    const lines = await this.#backend.read(runId, afterSeq, limit);
    return lines.map((line, offset) => ({ line, record: parsedLine(line, runId, afterSeq + 1 + offset) }));
  }

  async *tail(
    runId: string,
    afterSeq: number,
    { signal, beforeReading }: TailOptions = {},
  ): AsyncGenerator<readonly StoredRecord[], void, void> {
    requireStart(afterSeq);
    let [last, turnIsOver] = [afterSeq, false];
    if ((await this.head(runId)) === undefined) throw new Fault("RUN_NOT_FOUND", `There is no run ${runId}.`);
    while (signal?.aborted !== true && this.#closing === undefined) {
      const wait = this.#wakeUps.next(runId, signal); // before looking, so that nothing is missed in between
      try {
        const [crowded, more] = [this.#wakeUps.hasCrowd(runId), this.#mayHaveMore(runId, last)];
        if (turnIsOver && crowded && more) await wait.turn();
        if (beforeReading !== undefined && more) await beforeReading();
        const records = await this.#page(runId, last, crowded);
        turnIsOver = records.length > 0;
        const newest = records.at(-1)?.record;
        if (newest !== undefined) {
          yield records;
          last += records.length; // not what a line says of itself: it may have been changed
          if (await this.#endsWith(newest, runId, last)) return;
        } else if (await this.#nothingToCome(runId, last)) return;
        else await wait.news;
      } finally {
        wait.end();
      }
    }
  }

  async #page(runId: string, last: number, crowded: boolean): Promise<readonly StoredRecord[]> {
    if (crowded) return await this.#sharedPages.page(runId, last, () => this.#page(runId, last, false));
    return this.#recent.since(runId, last) ?? (await this.read(runId, last, RECORDS_PER_PAGE));
  }

  /** Without asking the medium: what is being written is known, and of what has ended there may be more. */
  #mayHaveMore(runId: string, last: number): boolean {
    const head = this.#heads.get(runId);
    return head === undefined || last < head.size - 1;
  }

  /** A run that failed may have been opened again by the time that its end is read: then more stands behind it. */
  async #endsWith(newest: EvidenceRecord, runId: string, last: number): Promise<boolean> {
    if (newest.event_type !== "run.completed") return false;
    return !isEndOfFailure(newest) || this.#halted !== undefined || (await this.#nothingToCome(runId, last));
  }

  async #nothingToCome(runId: string, last: number): Promise<boolean> {
    if (this.#closing !== undefined) return true;
    if (this.#halted !== undefined) throw this.#haltedFault();
    const head = await this.head(runId);
    return head?.completed === true && last >= head.size - 1;
  }

  async head(runId: string): Promise<RunHead | undefined> {
    this.#requireOpen();
    return this.#heads.get(runId) ?? (await this.#backend.head(runId));
  }

  async runs(options: ListedRuns): Promise<readonly RunHead[]> {
    requirePage(options.limit);
    this.#requireOpen();
    return await this.#backend.runs(options);
  }

  async openRuns(): Promise<readonly RunHead[]> {
    this.#requireOpen();
    return await this.#backend.openRuns();
  }

  async takeOver(as: Claimant = { hands: "driver" }): Promise<readonly RunHead[]> {
    this.#requireOpen();
    if (this.#backend.shared !== undefined) return await this.#backend.shared.takeOver(as);
    return await this.#backend.openRuns();
  }

  async claim(runId: string, as: Claimant): Promise<RunHead | undefined> {
    this.#requireOpen();
    const { shared } = this.#backend;
    const head = await (shared === undefined ? this.head(runId) : shared.claim(runId, as));
    return head?.completed === true ? undefined : head;
  }

  epochOf(runId: string): string | undefined {
    return this.#backend.shared?.epochOf(runId);
  }

  async release(runId: string): Promise<void> {
    this.#requireOpen();
    await this.#backend.shared?.release(runId);
    this.#lookAgain(runId);
  }

  async handOver(runId: string, needs: readonly string[]): Promise<void> {
    this.#requireOpen();
    if (!(await this.#sharedBackend().handOver(runId, needs))) throw fenced(runId);
    this.#lookAgain(runId);
  }

  async waiting(): Promise<readonly WaitingRun[]> {
    this.#requireOpen();
    return (await this.#backend.shared?.waiting()) ?? [];
  }

  async askToStop(runId: string, cancellation: Cancellation): Promise<void> {
    this.#requireOpen();
    await this.#sharedBackend().askToStop(runId, cancellation);
  }

  stopAsked(runId: string): Cancellation | undefined {
    return this.#backend.shared?.stopAsked(runId);
  }

  #sharedBackend(): SharedBackend {
    if (this.#backend.shared !== undefined) return this.#backend.shared;
    throw notShared();
  }

  async reopenedRuns(): Promise<readonly RunHead[]> {
    this.#requireOpen();
    return await this.#backend.reopenedRuns();
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    if (this.#halted !== undefined) throw this.#haltedFault();
    const name = digest(bytes);
    try {
      await this.#backend.putBlob(name, bytes);
    } catch (error) {
      this.#halt(error);
      throw this.#haltedFault(error);
    }
    return name;
  }

  async getBlob(name: string): Promise<Uint8Array | undefined> {
    this.#requireOpen();
    return await wholeBlob(this.#backend, name);
  }

  async blobSize(name: string): Promise<number | undefined> {
    this.#requireOpen();
    return await blobSize(this.#backend, name);
  }

  async readBlob(name: string, start: number): Promise<Uint8Array> {
    this.#requireOpen();
    return await blobPiece(this.#backend, name, start);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#backend.shared?.giveUp();
    await this.#flushing;
    this.#halted ??= "it was closed";
    this.#wakeUps.wakeAll();
    await this.#backend.close();
  }
}

const NOTHING_REFUSED: ReadonlyMap<string, Refusal> = new Map();
