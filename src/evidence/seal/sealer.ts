import { setImmediate as turn } from "node:timers/promises";
import { join } from "node:path";
import { Fault } from "#model";
import type { EvidenceStore, RunHead } from "../evidence-store.ts";
import { RunMark, runsBackTo } from "../run-mark.ts";
import type { Signer } from "../signing/signer.ts";
import { readEnvelope, signEnvelope } from "./dsse.ts";
import { RunSummary } from "./run-summary.ts";
import { SealFiles } from "./seal-files.ts";
import { readStatement, STATEMENT_PAYLOAD_TYPE } from "./statement.ts";

const PAGE = 256;
const RUNS_BETWEEN_MARKS = 1000;

/** What seals are made with. */
export interface SealerOptions {
  readonly store: EvidenceStore;
  readonly signer: Signer;
  /** Where the runs' files are; absent = seals are made when they are asked for, and not kept. */
  readonly directory?: string;
  /** Told of a run that could not be sealed, or without a run of seals that could not be synced. The next start tries again, and so does who asks for the seal. */
  readonly onProblem: (runId: string, error: unknown) => void;
  /** Told of each run that was sealed, with the statement's bytes; must not throw. */
  readonly onSealed?: (runId: string, statement: Uint8Array) => void;
}

/**
 * Makes the seals of runs that have ended: signed statements about their logs, functions of log and key alone. One at a
 * time and behind the work, for nobody who waits for a result waits for its seal.
 */
export class Sealer {
  readonly #options: SealerOptions;
  readonly #files: SealFiles | undefined;
  readonly #mark: RunMark | undefined;
  readonly #waiting = new Set<string>();
  #working: Promise<void> | undefined;
  #sealedSinceMark = 0;
  #failed = false;
  #closed = false;

  constructor(options: SealerOptions) {
    this.#options = options;
    const { directory } = options;
    if (directory === undefined) return;
    this.#files = new SealFiles(directory);
    this.#mark = new RunMark(join(directory, ".sealed-up-to"));
  }

  /** Has a run sealed that has ended just now. */
  sealSoon(runId: string): void {
    if (this.#files === undefined || this.#closed) return;
    this.#waiting.add(runId);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /**
   * The seal of a run, made now if it is not there: the JSON text of its envelope.
   * @throws {Fault} RUN_NOT_FOUND; RUN_OPEN; SIGNER_UNAVAILABLE; EVIDENCE_BROKEN if the log is not what the store says it is.
   */
  async seal(runId: string): Promise<string> {
    const head = await this.#options.store.head(runId);
    if (head === undefined) throw new Fault("RUN_NOT_FOUND", `There is no run ${runId}.`);
    if (!head.completed) throw new Fault("RUN_OPEN", `Run ${runId} has not ended: it is sealed when it has.`);
    return this.#kept(head) ?? (await this.#make(head));
  }

  /** Seals every run that has ended without, back to where all are known to be sealed. */
  async mend(): Promise<readonly string[]> {
    const { store } = this.#options;
    const sealed: string[] = [];
    for await (const head of runsBackTo(store, this.#mark?.read())) {
      if (!head.completed || this.#kept(head) !== undefined) continue;
      try {
        await this.#make(head);
        sealed.push(head.runId);
      } catch (error) {
        this.#tell(head.runId, error);
      }
    }
    await this.#remember();
    return sealed;
  }

  async #work(): Promise<void> {
    for (const runId of this.#waiting) {
      await turn(); // whoever works comes first
      this.#waiting.delete(runId); // before it is sealed: meanwhile it may be opened again, and end again
      try {
        await this.seal(runId);
      } catch (error) {
        this.#tell(runId, error);
      }
      if (this.#sealedSinceMark >= RUNS_BETWEEN_MARKS && this.#waiting.size === 0) await this.#remember();
    }
  }

  /** A run that was opened again before it was sealed is sealed when it ends again. */
  #tell(runId: string, error: unknown): void {
    if (error instanceof Fault && error.code === "RUN_OPEN") return;
    this.#failed = true;
    this.#options.onProblem(runId, error);
  }

  /** The seal that is there, if it is of this very log: that of a log that has gone on since is not; and after a power cut it may be cut short. */
  #kept({ runId, hash }: RunHead): string | undefined {
    const text = this.#files?.get(runId);
    if (text === undefined) return undefined;
    try {
      const { predicate } = readStatement(Buffer.from(readEnvelope(text).payload, "base64"));
      return predicate.run_id === runId && predicate.head === hash ? text : undefined;
    } catch {
      return undefined;
    }
  }

  async #make({ runId, size, hash }: RunHead): Promise<string> {
    const summary = new RunSummary(runId);
    const { store, signer, onSealed } = this.#options;
    for (let next = 0; next < size;) {
      const records = await store.read(runId, next - 1, PAGE);
      if (records.length === 0) throw new Fault("EVIDENCE_BROKEN", `Run ${runId} ends before its ${size} records.`);
      // It may have been opened again in the meantime: the seal is about the end that was seen.
      for (const record of records.slice(0, size - next)) summary.add(record);
      next += records.length;
      await turn();
    }
    const statement = Buffer.from(summary.statement());
    const text = `${JSON.stringify(await signEnvelope(STATEMENT_PAYLOAD_TYPE, statement, signer))}\n`;
    if ((await store.head(runId))?.hash !== hash) return await this.seal(runId); // it has gone on: never put an older seal over a newer
    this.#files?.put(runId, text);
    this.#sealedSinceMark += 1;
    onSealed?.(runId, statement);
    return text;
  }

  async #remember(): Promise<void> {
    this.#sealedSinceMark = 0;
    if (this.#failed || this.#files === undefined) return;
    try {
      this.#files.sync();
      await this.#mark?.write(this.#options.store);
    } catch (error) {
      this.#failed = true; // a mark that stays where it is lets the next start look further back, no more
      this.#options.onProblem("", error);
    }
  }

  /** Resolves when the runs that wait are sealed. Call it before the store is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
    await this.#remember();
  }
}
