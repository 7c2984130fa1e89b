import { z } from "zod";
import type { LedgerLeaf } from "../leaf.ts";

const markSchema = z.strictObject({
  size: z.int().min(0),
  newest_run: z.string().optional(),
  unsealed_runs: z.array(z.string()),
});

/** What has to be known of the leaves to write none twice: the newest run, and those that are not sealed yet. */
export class KnownRuns {
  #newest: string | undefined;
  readonly #unsealed: Set<string>;
  #size: number;

  constructor({ size, newest_run: newest, unsealed_runs: unsealed }: z.output<typeof markSchema> = EMPTY) {
    this.#size = size;
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

  /** Takes in a leaf; false if it was taken in before: a run is created once, and sealed once after that. */
  add(leaf: LedgerLeaf): boolean {
    if (leaf.kind === "run.sealed" && !this.#unsealed.delete(leaf.run_id)) return false;
    if (leaf.kind === "run.created") {
      if (this.#newest === leaf.run_id || this.#unsealed.has(leaf.run_id)) return false;
      this.#unsealed.add(leaf.run_id);
      this.#newest = leaf.run_id;
    }
    this.#size += 1;
    return true;
  }

  /** As text, from which it can be read again. */
  mark(): string {
    const mark = { size: this.#size, newest_run: this.#newest, unsealed_runs: [...this.#unsealed] };
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
