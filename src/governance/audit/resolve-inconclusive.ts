import { identity } from "../identity.ts";
import { isNamed } from "../named.ts";
import { seen } from "../phrase.ts";
import { listOf, membersOf } from "../unread.ts";
import { AUDIT_CHECKS } from "./audit-verdict.ts";
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
 * submitted. PASS and FAIL are final, and so is a resolution; an audit of which a check failed is FAIL, whatever it
 * says itself. The checks stay as they were. The first reason against it is told. Never throws on JSON.
 */
export function resolveInconclusive(audit: AuditVerdict, word: ResolutionWord): ResolutionVerdict {
  const { verdict, jobId } = membersOf(audit);
  const { actor, pass, reason, submittedBy } = membersOf(word);
  const outcomes = outcomesOf(audit);
  if (outcomes === undefined || !isNamed(jobId) || !isNamed(submittedBy) || typeof pass !== "boolean") {
    return refuse(
      "UNREADABLE",
      "The audit, its job, the submitter or the word `pass` is unreadable; look them up again.",
    );
  }
  if (verdict !== "INCONCLUSIVE" || outcomes.includes("FAIL") || !outcomes.includes("INCONCLUSIVE")) {
    const failed = outcomes.includes("FAIL") ? ", with a check that failed" : "";
    return refuse(
      "NOT_INCONCLUSIVE",
      `The audit is ${seen(verdict)}${failed}; only one that is INCONCLUSIVE can be resolved, and only once.`,
    );
  }
  if (!isNamed(actor)) return refuse("ACTOR_REQUIRED", "Nobody is named who resolves it; give the caller's identity.");
  if (identity(actor) === identity(submittedBy)) {
    return refuse(
      "FOUR_EYES",
      `${seen(actor)} submitted the contract and cannot resolve its audit; somebody else must look at it.`,
    );
  }
  if (!isNamed(reason)) {
    return refuse("REASON_REQUIRED", "No reason was given; say what was looked at and why it passes or fails.");
  }
  const resolution = Object.freeze({ actor, reason });
  const resolved = Object.freeze({ ...audit, verdict: pass ? "PASS" : "FAIL", resolution } as const);
  return Object.freeze({ verdict: "RESOLVED", audit: resolved });
}

function refuse(code: ResolutionRefusalCode, sentence: string): ResolutionVerdict {
  return Object.freeze({ verdict: "REFUSED", code, sentence });
}

/** The outcomes of all seven checks in their order; undefined if they are not there. */
function outcomesOf(audit: unknown): readonly unknown[] | undefined {
  const checks = listOf(membersOf(audit)["checks"])?.map(membersOf);
  const isWhole = checks?.length === AUDIT_CHECKS.length && checks.every(({ check }, at) => check === AUDIT_CHECKS[at]);
  return isWhole ? checks.map(({ outcome }) => outcome) : undefined;
}
