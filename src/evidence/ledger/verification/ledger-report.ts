/** What can be wrong with a ledger, or with the runs that it lists. `docs/ledger.md` says what each means. */
export type LedgerProblemCode =
  | "MISSING"
  | "MALFORMED"
  | "BAD_SIGNATURE"
  | "UNKNOWN_KEY"
  | "TILE_DIFFERS"
  | "ROOT_DIFFERS"
  | "DUPLICATE"
  | "FOREIGN"
  | "ROLLED_BACK"
  | "REWRITTEN"
  | "RUN_MISSING"
  | "RUN_REPLACED"
  | "RUN_CUT"
  | "RUN_CHANGED"
  | "RUN_APPENDED"
  | "RUN_UNLISTED"
  | "SEAL_MISSING"
  | "SEAL_REPLACED";

/** What is not wrong, and proves less than one would like. */
export type LedgerDoubtCode = "RUN_OPEN" | "RUN_UNSEALED" | "RUN_RESUMED";

/** One thing that does not hold. */
export interface LedgerProblem<Code = LedgerProblemCode> {
  readonly code: Code;
  /** The run that it is about, if it is about one. */
  readonly runId?: string;
  /** What was seen, what was expected. */
  readonly message: string;
}

/** What a verification of a ledger found. */
export interface LedgerReport {
  /** Whether there is no problem. */
  readonly ok: boolean;
  readonly origin: string | undefined;
  /** Number of leaves that the checkpoint says. */
  readonly size: number | undefined;
  /** Root that the checkpoint says, base64. */
  readonly root: string | undefined;
  /** Key that signed the checkpoint; undefined if none of those at hand did. */
  readonly keyId: string | undefined;
  /** Sizes of the older checkpoints of which the ledger is a continuation. */
  readonly continues: readonly number[];
  readonly runs: { readonly created: number; readonly sealed: number; readonly compared: boolean };
  /** The first 100 problems. */
  readonly problems: readonly LedgerProblem[];
  readonly problemCount: number;
  /** The first 100 doubts. */
  readonly doubts: readonly LedgerProblem<LedgerDoubtCode>[];
  readonly doubtCount: number;
}

const KEPT = 100;

/** Gathers what is found, and keeps as much of it as anybody reads. */
export class Findings {
  readonly problems: LedgerProblem[] = [];
  problemCount = 0;
  readonly doubts: LedgerProblem<LedgerDoubtCode>[] = [];
  doubtCount = 0;

  problem(code: LedgerProblemCode, message: string, runId?: string): void {
    this.problemCount += 1;
    if (this.problems.length < KEPT) this.problems.push({ code, message, ...(runId !== undefined && { runId }) });
  }

  doubt(code: LedgerDoubtCode, message: string, runId: string): void {
    this.doubtCount += 1;
    if (this.doubts.length < KEPT) this.doubts.push({ code, message, runId });
  }
}
