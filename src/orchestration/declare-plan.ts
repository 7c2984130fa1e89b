import { canonicalJson, digest } from "#evidence";
import { frozenJson } from "#executor";
import type { Job, JsonObject, Violation } from "#model";
import { Fault, LIMITS } from "#model";

/** What a job declares, without its parameters: they are told by their hashes. */
export interface DeclaredPlan {
  /** Canonical JSON, so that its digest names the request. */
  readonly text: string;
  readonly hash: string;
}

const EMPTY_HASH = digest("{}");

/**
 * The plan document of a job.
 * @throws {Fault} INVALID_REQUEST naming every step whose parameters are not JSON or are too large.
 */
export function declarePlan(job: Job): DeclaredPlan {
  const violations: Violation[] = [];
  // Members are written in RFC 8785 order, so that plain serialisation is canonical; a test holds it to that.
  const steps = job.steps.map((step, position) => ({
    inputs_hash: parametersHash(step.parameters, position, violations),
    step_index: step.stepIndex,
    step_type: step.stepType,
    target: step.target,
    timeout_seconds: step.timeoutSeconds,
  }));
  if (violations.length > 0) throw invalidRequest(violations);
  const { contractId, executedBy, jobId, timeoutSeconds } = job;
  const text = JSON.stringify({
    contract_id: contractId,
    executed_by: executedBy,
    job_id: jobId,
    job_timeout_seconds: timeoutSeconds,
    steps,
  });
  return { text, hash: digest(text) };
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
