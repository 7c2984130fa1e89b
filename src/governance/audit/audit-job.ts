import type { AuditFacts } from "./audit-facts.ts";
import type { AuditVerdict } from "./audit-verdict.ts";

/** Audits a job. Never throws on JSON. */
export function auditJob(facts: AuditFacts): AuditVerdict {
  void facts;
  return Object.freeze({ verdict: "INCONCLUSIVE", checks: Object.freeze([]), jobId: "", rulesVersion: "0" });
}
