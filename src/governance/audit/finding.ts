import type { AuditDecision } from "./audit-verdict.ts";

/** What one check found. */
export interface Finding {
  readonly outcome: AuditDecision;
  readonly sentence: string;
}

/** What speaks against a pass. */
export interface Objections {
  /** What is shown to be wrong, one sentence each. */
  readonly wrong: readonly string[];
  /** What could not be read and is needed, one sentence each. */
  readonly unreadable: readonly string[];
}

/** What is shown to be wrong fails; else what cannot be told leaves it open; else it passes, with this sentence. */
export function concluded({ wrong, unreadable }: Objections, passed: string): Finding {
  if (wrong.length > 0) return { outcome: "FAIL", sentence: first(wrong) };
  if (unreadable.length > 0) return { outcome: "INCONCLUSIVE", sentence: first(unreadable) };
  return { outcome: "PASS", sentence: passed };
}

/** The sentences that are there, without those that hold back. */
export function sentences(all: readonly (string | false | undefined)[]): readonly string[] {
  return all.filter((sentence) => typeof sentence === "string");
}

function first(all: readonly string[]): string {
  const [sentence = ""] = all;
  return all.length === 1 ? sentence : `${sentence} There is more: ${all.length - 1} other finding(s).`;
}
