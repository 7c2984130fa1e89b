import { z } from "zod";
import type { LedgerLeaf, SealedLeaf } from "../leaf.ts";

const markSchema = z.strictObject({
  size: z.int().min(0),
  newest_run: z.string().optional(),
  unsealed_runs: z.array(z.string()),
  /** Absent = none. */
  resealed_runs: z.array(z.tuple([z.string(), z.int().min(1)])).optional(),
});

/**
 * What has to be known of the leaves to write none twice: the newest run, those that are not sealed yet, and how long those were
 * that went on after they had ended and were sealed anew.
 */
export class KnownRuns {
  #newest: string | undefined;
  readonly #unsealed: Set<string>;
  readonly #resealed: Map<string, number>;
  #size: number;

  constructor(mark: z.output<typeof markSchema> = EMPTY) {
    const { size, newest_run: newest, unsealed_runs: unsealed, resealed_runs: resealed } = mark;
    this.#size = size;
    this.#resealed = new Map(resealed);
    this.#newest = newest;
    this.#unsealed = new Set(unsealed);
  }

  /** Number of leaves that it knows of. */
  get size(): number {
    return this.#size;
  }

  get newestRun(): string | undefined {
    return this.#newest;
  }

  get unsealedRuns(): ReadonlySet<string> {
    return this.#unsealed;
  }

  /**
   * Takes in a leaf; false if it was taken in before: a run is created once, and sealed once after that, and once more each time
   * that its log has gone on and ended again.
   */
  add(leaf: LedgerLeaf): boolean {
    if (leaf.kind === "run.sealed" && !this.#seal(leaf)) return false;
    if (leaf.kind === "run.created") {
      if (this.#newest === leaf.run_id || this.#unsealed.has(leaf.run_id)) return false;
      this.#unsealed.add(leaf.run_id);
      this.#newest = leaf.run_id;
    }
    this.#size += 1;
    return true;
  }

  #seal({ run_id: runId, size, continues }: SealedLeaf): boolean {
    if (continues === undefined) return this.#unsealed.delete(runId);
    if (size <= (this.#resealed.get(runId) ?? 0)) return false;
    this.#unsealed.delete(runId); // the seal of its first end may never have been made
    this.#resealed.set(runId, size);
    return true;
  }

  /** As text, from which it can be read again. */
  mark(): string {
    const resealed = this.#resealed.size === 0 ? {} : { resealed_runs: [...this.#resealed] };
    const mark = { size: this.#size, newest_run: this.#newest, unsealed_runs: [...this.#unsealed], ...resealed };
    return `${JSON.stringify(mark)}\n`;
  }
}

const EMPTY = { size: 0, unsealed_runs: [] };

/** Reads a mark for a ledger of so many leaves; a mark that is not one, or of a larger ledger, is as good as none. */
export function readMark(text: string | undefined, size: number): KnownRuns {
  try {
    const mark = markSchema.parse(JSON.parse(text ?? ""));
    return new KnownRuns(mark.size <= size ? mark : undefined);
  } catch {
    return new KnownRuns();
  }
}
