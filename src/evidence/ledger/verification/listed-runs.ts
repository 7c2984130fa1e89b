import type { CreatedLeaf, LedgerLeaf, SealedLeaf } from "../leaf.ts";
import type { Findings } from "./ledger-report.ts";

/** What a ledger says of one run. */
export interface ListedRun {
  readonly created: CreatedLeaf;
  /** Place of that leaf in the ledger. */
  readonly index: number;
  sealed?: SealedLeaf;
}

/** The runs that a ledger lists, by id, in the order in which they were created. Grows with their number. */
export class ListedRuns {
  readonly #runs = new Map<string, ListedRun>();
  readonly #findings: Findings;
  #sealed = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  get runs(): ReadonlyMap<string, ListedRun> {
    return this.#runs;
  }

  get sealed(): number {
    return this.#sealed;
  }

  /** Takes in the leaf at a place: each run is created once, and sealed once after that. */
  add(leaf: LedgerLeaf, index: number): void {
    const { run_id: runId } = leaf;
    const listed = this.#runs.get(runId);
    if (leaf.kind === "run.created") {
      if (listed === undefined) this.#runs.set(runId, { created: leaf, index });
      else this.#duplicate(index, `a second run.created; the first is leaf ${listed.index}`, runId);
      return;
    }
    if (listed === undefined) this.#duplicate(index, "a run.sealed without a run.created before it", runId);
    else if (listed.sealed !== undefined) this.#duplicate(index, "a second run.sealed", runId);
    else {
      listed.sealed = leaf;
      this.#sealed += 1;
    }
  }

  #duplicate(index: number, what: string, runId: string): void {
    this.#findings.problem("DUPLICATE", `leaf ${index} is ${what}`, runId);
  }
}
