import type { ChangeRequest } from "../request/change-request.ts";
import type { ValidatorVerdict } from "./validator-verdict.ts";

/** Advises on a request. */
export function validateRequest(request: ChangeRequest): ValidatorVerdict {
  void request;
  return Object.freeze({
    issueType: "unknown",
    severity: "critical",
    recommendation: "defer",
    confidence: 0,
    explanations: Object.freeze([]),
    rulesVersion: "0",
  });
}
