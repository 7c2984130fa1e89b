import { setImmediate as turn } from "node:timers/promises";
import type { Json } from "#model";
import { Fault } from "#model";
import type { EvidenceStore } from "../evidence-store.ts";
import type { RunAppend } from "../log-backend.ts";
import type { EvidenceRecord } from "../record.ts";
import { entryOf, figuresOf } from "./history-entry.ts";
import type { HistoryEntry } from "./history-entry.ts";
import type { HistoryBatch, RunHistory } from "./run-history.ts";

const PAGE = 512;

/** What is taken from where. */
export interface HistoryIntakeOptions {
  readonly history: RunHistory;
  readonly store: EvidenceStore;
  /** Told of each run whose log cannot be read. */
  readonly onProblem: (error: unknown, runId: string) => void;
}

/** Takes records into the history, each once and in the order of its log. */
export class HistoryIntake {
  readonly #options: HistoryIntakeOptions;

  constructor(options: HistoryIntakeOptions) {
    this.#options = options;
  }

  /** Takes appends that follow on what is known; of what is known already nothing. Returns the runs of which something is missing in between. */
  async take(appends: readonly RunAppend[]): Promise<ReadonlySet<string>> {
    const { history } = this.#options;
    const gaps = new Set<string>();
    const batches = new Map<string, HistoryEntry[]>();
    for (const { runId, records } of appends) {
      const entries = batches.get(runId) ?? [];
      const size = history.position(runId)?.size ?? 0;
      for (const { record } of records) {
        if (gaps.has(runId)) continue;
        if (record.seq === size + entries.length) entries.push(await this.#entry(record));
        else if (record.seq > size + entries.length) gaps.add(runId);
      }
      if (entries.length > 0) batches.set(runId, entries);
    }
    if (batches.size > 0) history.take([...batches].map(([runId, entries]): HistoryBatch => ({ runId, entries })));
    return gaps;
  }

  /** Takes what the store has of a run and the history has not. A run that it knows otherwise is taken anew; one that is gone is dropped. */
  async catchUp(runId: string): Promise<void> {
    const { history, store, onProblem } = this.#options;
    try {
      if ((await store.head(runId)) === undefined) return history.forget(runId);
      const known = history.position(runId);
      const fits = known === undefined || (await isSaid(store, known));
      await this.#read(runId, { from: fits ? (known?.size ?? 0) : 0, anew: !fits });
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== "EVIDENCE_BROKEN") throw error;
      onProblem(error, runId);
    }
  }

  async #read(runId: string, { from, anew }: { readonly from: number; readonly anew: boolean }): Promise<void> {
    const { history, store } = this.#options;
    for (let size = from; ;) {
      const page = await store.read(runId, size - 1, PAGE);
      if (page.length === 0) return;
      const entries: HistoryEntry[] = [];
      for (const { record } of page) entries.push(await this.#entry(record));
      history.take([{ runId, entries, anew: anew && size === from }]);
      size += page.length;
      await turn(); // for everybody else
    }
  }

  /** The entry of a record, with the figures of an output that lies beside the log. */
  async #entry(record: EvidenceRecord): Promise<HistoryEntry> {
    const entry = entryOf(record);
    if (entry.figuresIn === undefined) return entry;
    return { ...entry, figures: figuresOf(await this.#payload(entry.figuresIn)) };
  }

  /** A payload that is not there, or is another one, has no figures: to find that out is the verifier's work. */
  async #payload(digest: string): Promise<Json | undefined> {
    try {
      const bytes = await this.#options.store.getBlob(digest);
      return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString("utf8")) as Json); // JSON.parse gives JSON
    } catch (error) {
      if (error instanceof SyntaxError || (error instanceof Fault && error.code === "EVIDENCE_BROKEN"))
        return undefined;
      throw error;
    }
  }
}

/** Whether the store's log says what the history knows of it. */
export async function isSaid(
  store: EvidenceStore,
  { runId, size, hash }: { readonly runId: string; readonly size: number; readonly hash: string },
): Promise<boolean> {
  const [last] = await store.read(runId, size - 2, 1);
  return last !== undefined && last.record.hash === hash;
}
