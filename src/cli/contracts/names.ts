/** The states of a contract; written here, for help must not wait for the wire to be loaded. */
export const CONTRACT_STATES = [
  "DRAFT",
  "VALIDATED",
  "ELIGIBLE",
  "APPROVED",
  "ACTIVE",
  "COMPLETED",
  "FAILED",
  "REJECTED",
  "EXPIRED",
] as const;

/** The stages of a rollout, from the narrowest. */
export const ROLLOUT_STAGES = ["NOT_VISIBLE", "PLANNED", "INTERNAL", "LIMITED", "GENERAL"] as const;
