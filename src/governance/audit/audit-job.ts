import type { AuditFacts } from "./audit-facts.ts";
import type { AuditCheckId, AuditCheckOutcome, AuditDecision, AuditVerdict } from "./audit-verdict.ts";
import { checkFidelity } from "./checks/fidelity.ts";
import { checkHealth } from "./checks/health-preserved.ts";
import { checkMutations } from "./checks/no-unauthorised-mutation.ts";
import { checkRollback } from "./checks/rollback-available.ts";
import { checkScope } from "./checks/scope.ts";
import { checkSignals } from "./checks/signals-consistent.ts";
import { checkWindow } from "./checks/window.ts";
import type { Finding } from "./finding.ts";
import { readAuditFacts } from "./read-audit-facts.ts";
import type { ReadAudit } from "./read-audit-facts.ts";

/** Changes with every change of a check or of what it reads. */
export const AUDIT_RULES_VERSION = "1.0.0";

/** The checks in their order. */
const CHECKS: readonly (readonly [AuditCheckId, (audit: ReadAudit) => Finding])[] = [
  ["A-001", checkScope],
  ["A-002", checkHealth],
  ["A-003", checkFidelity],
  ["A-004", checkWindow],
  ["A-005", checkRollback],
  ["A-006", checkSignals],
  ["A-007", checkMutations],
];

/**
 * Audits a job that has been carried out: whether it did what was approved and nothing else. All seven checks are
 * made. A check fails on what is shown to be wrong; what it needs and cannot read leaves it INCONCLUSIVE. A pure
 * function that answers INCONCLUSIVE or FAIL, never throws, on JSON that is not facts at all.
 */
export function auditJob(facts: AuditFacts): AuditVerdict {
  const read = readAuditFacts(facts);
  const checks = CHECKS.map(([check, look]): AuditCheckOutcome => {
    const { outcome, sentence } = look(read);
    return Object.freeze({ check, outcome, sentence });
  });
  return Object.freeze({
    verdict: combined(checks.map(({ outcome }) => outcome)),
    checks: Object.freeze(checks),
    jobId: read.approved.jobId ?? "",
    rulesVersion: AUDIT_RULES_VERSION,
  });
}

/** Any FAIL is FAIL, else any INCONCLUSIVE is INCONCLUSIVE, else PASS. */
function combined(outcomes: readonly AuditDecision[]): AuditDecision {
  if (outcomes.includes("FAIL")) return "FAIL";
  return outcomes.includes("INCONCLUSIVE") ? "INCONCLUSIVE" : "PASS";
}
