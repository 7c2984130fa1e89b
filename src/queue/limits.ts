/** Bounds of the port; the edge itself is allowed. */
export const QUEUE_LIMITS = {
  idCharacters: 128,
  highestPriority: 9,
  delayMs: 365 * 24 * 60 * 60 * 1000,
  highestAttempt: 1_000_000,
  takenAtOnce: 1000,
  waitMs: 60 * 60 * 1000,
} as const;

/** What an adapter does when nothing else is asked for. */
export const QUEUE_DEFAULTS = {
  /** Entries that are queued at most: due, delayed and taken. */
  capacity: 100_000,
  /** After so long without a word a delivery is handed out again, in milliseconds. */
  stalledAfterMs: 60_000,
  /** After so long without an answer a server counts as unavailable, in milliseconds. */
  unavailableAfterMs: 5000,
} as const;
