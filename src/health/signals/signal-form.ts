import { Fault, isCapabilityName, SYSTEM_SCOPE } from "#model";
import type { HealthReport, Violation } from "#model";

/** Bounds of what is said about health. */
export const HEALTH_BOUNDS = {
  signals: 1000,
  reasonCharacters: 500,
  sourceCharacters: 128,
  ttlSeconds: 31_536_000,
  signalsPerPage: 1000,
  reasonsTold: 20,
} as const;

const STATUSES: ReadonlySet<string> = new Set<HealthReport["status"]>(["HEALTHY", "DEGRADED", "BLOCKED", "UNKNOWN"]);

/** @throws {Fault} INVALID_REQUEST that names every problem of a report's form. */
export function requireSoundReport({ source, scope, status, reason, ttlSeconds }: HealthReport): void {
  const most = HEALTH_BOUNDS;
  const violations: Violation[] = [
    ...nameViolations(source, scope),
    ...unless(
      STATUSES.has(status),
      "status",
      `is ${JSON.stringify(status)}; expected HEALTHY, DEGRADED, BLOCKED or UNKNOWN`,
    ),
    ...unless(
      reason.length <= most.reasonCharacters,
      "reason",
      `has ${reason.length} characters; at most ${most.reasonCharacters} are kept`,
    ),
    ...unless(
      ttlSeconds === undefined || (ttlSeconds > 0 && ttlSeconds <= most.ttlSeconds),
      "ttl_seconds",
      `is ${String(ttlSeconds)}; expected more than 0 and at most ${most.ttlSeconds} seconds, or none`,
    ),
  ];
  refuseIfAny(violations);
}

/** @throws {Fault} INVALID_REQUEST that names every problem of the name of a signal. */
export function requireSoundName(source: string, scope: string): void {
  refuseIfAny(nameViolations(source, scope));
}

/** The moment as it is kept. @throws {Fault} INVALID_REQUEST if it is none. */
export function requireMoment(text: string): string {
  const ms = Date.parse(text);
  refuseIfAny(unless(!Number.isNaN(ms), "since", `is ${JSON.stringify(text)}; expected a time of RFC 3339`));
  return new Date(ms).toISOString();
}

/** Problems of what a state is asked of. */
export function scopeViolations(scope: string): readonly Violation[] {
  const expected = `expected "${SYSTEM_SCOPE}" or the name of a capability`;
  return unless(scope === SYSTEM_SCOPE || isCapabilityName(scope), "scope", `is ${JSON.stringify(scope)}; ${expected}`);
}

function nameViolations(source: string, scope: string): readonly Violation[] {
  const most = HEALTH_BOUNDS.sourceCharacters;
  return [
    ...unless(
      source.length >= 1 && source.length <= most,
      "source",
      `has ${source.length} characters; expected 1 to ${most}`,
    ),
    ...scopeViolations(scope),
  ];
}

function unless(holds: boolean, field: string, description: string): readonly Violation[] {
  return holds ? [] : [{ field, description }];
}

/** @throws {Fault} INVALID_REQUEST with all of them. */
export function refuseIfAny(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `${field} ${description}`).join("; ");
  throw new Fault("INVALID_REQUEST", `Nothing can be said about health so: ${list}.`, { violations });
}
