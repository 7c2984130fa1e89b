import type { CreatedLeaf, LedgerLeaf, SealedLeaf } from "../leaf.ts";
import type { Findings } from "./ledger-report.ts";

/** What a ledger says of one run. */
export interface ListedRun {
  readonly created: CreatedLeaf;
  /** Place of that leaf in the ledger. */
  readonly index: number;
  /** The last one. */
  sealed?: SealedLeaf;
  /** Those before, of a run that was opened again after it had failed. */
  readonly sealedBefore: SealedLeaf[];
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

  /**
   * Takes in the leaf at a place: each run is created once, and sealed once after that; and anew when its log has gone on from
   * what was sealed before and ended again.
   */
  add(leaf: LedgerLeaf, index: number): void {
    const { run_id: runId } = leaf;
    const listed = this.#runs.get(runId);
    if (leaf.kind === "run.created") {
      if (listed === undefined) this.#runs.set(runId, { created: leaf, index, sealedBefore: [] });
      else this.#duplicate(index, `a second run.created; the first is leaf ${listed.index}`, runId);
      return;
    }
    if (listed === undefined) this.#duplicate(index, "a run.sealed without a run.created before it", runId);
    else this.#addSealed(leaf, index, listed);
  }

  #addSealed(leaf: SealedLeaf, index: number, listed: ListedRun): void {
    const { sealed } = listed;
    const { continues, size, run_id: runId } = leaf;
    if (sealed === undefined) this.#sealed += 1;
    else if (continues === undefined || continues < sealed.size || size <= continues)
      return this.#duplicate(
        index,
        `a second run.sealed, which does not go on from the ${sealed.size} lines of the first`,
        runId,
      );
    else listed.sealedBefore.push(sealed);
    listed.sealed = leaf;
  }

  #duplicate(index: number, what: string, runId: string): void {
    this.#findings.problem("DUPLICATE", `leaf ${index} is ${what}`, runId);
  }
}
