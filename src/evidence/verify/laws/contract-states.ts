/** Which state of a contract may follow which; those without a follower cannot be left. */
const CONTRACT_STATES: ReadonlyMap<unknown, readonly unknown[]> = new Map(
  Object.entries({
    DRAFT: ["VALIDATED", "REJECTED", "EXPIRED"],
    VALIDATED: ["ELIGIBLE", "REJECTED", "EXPIRED"],
    ELIGIBLE: ["APPROVED", "REJECTED", "EXPIRED"],
    APPROVED: ["ACTIVE", "FAILED"],
    ACTIVE: ["COMPLETED", "FAILED"],
    COMPLETED: [],
    FAILED: [],
    REJECTED: [],
    EXPIRED: [],
  }),
);

/** Whether a contract may go from one state to the other. */
export function contractMayGo(from: unknown, to: unknown): boolean {
  return CONTRACT_STATES.get(from)?.includes(to) ?? false;
}
