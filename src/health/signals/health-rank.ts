import type { HealthSignal, HealthStatus } from "#model";

/** From the best to the worst. What is not known is worse than what is known to be degraded, since it may be anything. */
const RANKED: readonly HealthStatus[] = ["HEALTHY", "DEGRADED", "UNKNOWN", "BLOCKED"];

/** The worst of these; HEALTHY of none. */
export function worst(statuses: readonly HealthStatus[]): HealthStatus {
  return RANKED.findLast((status) => statuses.includes(status)) ?? "HEALTHY";
}

/** Whether nothing may be changed in this state. */
export function blocks(status: HealthStatus): boolean {
  return status === "BLOCKED" || status === "UNKNOWN";
}

/** What a signal counts as: one that has expired says nothing any more, and what is not known is never good. */
export function countsAs({ status, expired }: HealthSignal): HealthStatus {
  return expired ? "UNKNOWN" : status;
}

/** The worst first; in their order where they are alike. */
export function worstFirst(signals: readonly HealthSignal[]): readonly HealthSignal[] {
  return signals.toSorted((one, other) => rank(other) - rank(one));
}

function rank(signal: HealthSignal): number {
  return RANKED.indexOf(countsAs(signal));
}
