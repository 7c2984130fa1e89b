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

/** Bounds of calls to whoever holds a run. */
export const CALL_LIMITS = {
  verb: /^[a-z_]{1,32}$/,
  givenBytes: 1024 * 1024,
  toldBytes: 4 * 1024 * 1024,
  /** Calls that wait or are carried out at the same time, by all processes together. */
  calls: 1000,
  /** Calls that one process carries out at the same time; it leaves the others to wait. */
  carriedOutAtOnce: 100,
  /** Nobody takes a call that is older, whoever forgot to withdraw it, in milliseconds. */
  takenWithinMs: 10_000,
  /** Whoever carries a call out gives a sign of life so often, in milliseconds. */
  signOfLifeMs: 1000,
  /** Without a sign of life for so long the call is given up, in milliseconds. */
  silentMs: 10_000,
  /** A call is waited for no longer, in milliseconds. */
  answeredWithinMs: 600_000,
  /** What is older is deleted, in milliseconds. */
  keptMs: 900_000,
} as const;
