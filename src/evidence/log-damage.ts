/** What a crash left behind the last whole record of a log: it was told to nobody. A start cuts it off and keeps a copy. */
export interface TornTail {
  /** Size of the log without it, in bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** Base64url SHA-256 of it. */
  readonly sha256: string;
  /** Name of the copy, beside the log. */
  readonly copy: string;
}

/** What a start found wrong with the log of a run. `broken`: from that line on it does not hold, and no crash does that. */
export type LogDamage =
  | { readonly kind: "torn"; readonly runId: string; readonly tail: TornTail }
  | { readonly kind: "broken"; readonly runId: string; readonly line: number };
