/** A position in a file of the checked project. */
export interface Place {
  /** Path from the project's root, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/**
 * One link of a chain. Of imports: the statement in `file` that names the next link; the last link is the file reached.
 * Of a path through a machine layer: a place that the path goes through.
 */
export interface Hop {
  readonly file: string;
  /** From 1; of the last link of imports always 1. */
  readonly line: number;
  /** What the statement names, as written; absent in the last link, and in paths. */
  readonly specifier?: string;
}

/**
 * Something that is wrong.
 * `violation`: a law is broken. `unproven`: the check could not see enough to call the project clean.
 */
export interface Finding extends Place {
  readonly severity: "violation" | "unproven";
  /** Id of the law in the configuration, or `CONFIG` if the check itself could not be done. */
  readonly law: string;
  /** Kind of the law, for example `cannot-reach`. */
  readonly rule: string;
  /** What was seen. */
  readonly message: string;
  /** The whole way, for findings about imports and about paths through a machine layer; else empty. */
  readonly chain: readonly Hop[];
  /** Why the law exists. */
  readonly why: string;
  /** What to do. */
  readonly help: string;
}

/** A finding as it stands in a report. */
export interface ReportedFinding extends Finding {
  /** The first letters of the fingerprint, to speak of the finding by. */
  readonly id: string;
  /** Stays the same when lines move; of findings that are alike in all but their line, the first has the first one. */
  readonly fingerprint: string;
}

/** What a law says of one place; the law adds its id, reason and help. */
export interface Breach extends Place {
  readonly message: string;
  readonly chain?: readonly Hop[];
  /** `violation` unless said otherwise. */
  readonly severity?: "violation" | "unproven";
}

/** The law id of findings about the check itself. */
export const CONFIG_LAW = "CONFIG";

/** A finding about the check itself: without it being mended nothing is proven. */
export function unproven(breach: Breach, help: string): Finding {
  const { file, line, column, message, chain = [] } = breach;
  return {
    severity: "unproven",
    law: CONFIG_LAW,
    rule: "proof",
    file,
    line,
    column,
    message,
    chain,
    why: "What the check cannot see it cannot prove, and what is not proven is never called clean.",
    help,
  };
}

/** By place, then law, then text, so that the report does not depend on the order of discovery. */
export function inOrder<F extends Finding>(findings: readonly F[]): F[] {
  return findings.toSorted(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.law, b.law) ||
      compare(a.message, b.message),
  );
}

/** Order of code units: the same on every machine, unlike a locale's. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
