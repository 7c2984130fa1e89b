import { canonicalJson, digest, planDocument } from "#evidence";
import type { PlanDocument } from "#evidence";
import { frozenJson } from "#executor";
import type { Job, JsonObject, Violation } from "#model";
import { Fault, LIMITS } from "#model";

const EMPTY_HASH = digest("{}");

/**
 * The plan document of a job.
 * @throws {Fault} INVALID_REQUEST naming every step whose parameters are not JSON or are too large.
 */
export function declarePlan(job: Job): PlanDocument {
  const violations: Violation[] = [];
  const hashes = job.steps.map((step, position) => parametersHash(step.parameters, position, violations));
  if (violations.length > 0) throw invalidRequest(violations);
  return planDocument(job, hashes);
}

/** The fault that lists what is wrong with a request. */
export function invalidRequest(violations: readonly Violation[]): Fault {
  const list = violations.slice(0, 3).map(({ field, description }) => `${field} ${description}`);
  const more = violations.length > list.length ? `; and ${violations.length - list.length} more` : "";
  return new Fault("INVALID_REQUEST", `The job is not valid: ${list.join("; ")}${more}.`, { violations });
}

function parametersHash(parameters: JsonObject, position: number, violations: Violation[]): string {
  const field = `steps[${position}].parameters`;
  try {
    const text = canonicalJson(frozenJson(parameters)); // by the measure that the executor will hold them to
    if (text === "{}") return EMPTY_HASH;
    const bytes = Buffer.byteLength(text);
    if (bytes > LIMITS.parametersBytesPerStep) {
      violations.push({
        field,
        description: `has ${bytes} bytes as JSON; at most ${LIMITS.parametersBytesPerStep} are allowed: pass a reference instead`,
      });
    }
    return digest(text);
  } catch (error) {
    violations.push({ field, description: `is not JSON: ${error instanceof Error ? error.message : String(error)}` });
    return "";
  }
}
