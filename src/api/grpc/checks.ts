import type { Violation } from "#model";
import { Fault, LIMITS } from "#model";

const ID = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${LIMITS.idCharacters - 1}}$`);

/** Problems of an id that names something: 1..128 of `A-Z a-z 0-9 . _ -`, a letter or digit first. */
export function idViolations(field: string, id: string): readonly Violation[] {
  if (ID.test(id)) return [];
  const seen = id.length > LIMITS.idCharacters ? `${id.length} characters` : JSON.stringify(id);
  const expected = `1 to ${LIMITS.idCharacters} of A-Z a-z 0-9 . _ - with a letter or digit first`;
  return [{ field, description: `is ${seen}; expected ${expected}` }];
}

const ATTEMPT_LOG = /^~[A-Za-z0-9_-]{43}$/;

/** Problems of the id of a log: that of a run or a job, or the name of an attempt's log at a worker, which the log of its run tells. */
export function logIdViolations(field: string, id: string): readonly Violation[] {
  return ATTEMPT_LOG.test(id) ? [] : idViolations(field, id);
}

/** Problems of a text for people: 1..`limit` characters. */
export function textViolations(field: string, text: string, limit: number): readonly Violation[] {
  if (text.length > 0 && text.length <= limit) return [];
  return [{ field, description: `has ${text.length} characters; expected 1 to ${limit}` }];
}

/** The sequence number after which to read: -1 for absent, so that everything is read. */
export function sequenceNumber(afterSeq: bigint | undefined): number {
  if (afterSeq === undefined) return -1;
  return afterSeq > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(afterSeq);
}

/** @throws {Fault} INVALID_REQUEST with all of them, if there are any. */
export function refuseIfAny(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalidRequest(violations);
}

/** The fault that names every problem of a request. */
export function invalidRequest(violations: readonly Violation[]): Fault {
  const [first] = violations;
  const more = violations.length > 1 ? `, and ${violations.length - 1} more` : "";
  const text = `The request is refused: ${first?.field ?? "it"} ${first?.description ?? "is not understood"}${more}.`;
  return new Fault("INVALID_REQUEST", text, { violations });
}
