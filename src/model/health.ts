/** Health vocabulary, one for all. UNKNOWN is never good. */
export type HealthStatus = "HEALTHY" | "DEGRADED" | "BLOCKED" | "UNKNOWN";

/** What somebody says about the health of the platform or of one capability. */
export interface HealthReport {
  /** Who says it: 1..128 characters. */
  readonly source: string;
  /** `system`, or the name of a capability. */
  readonly scope: string;
  readonly status: HealthStatus;
  /** Why: 0..500 characters. */
  readonly reason: string;
  /** Seconds after which it says nothing more and counts as UNKNOWN: more than 0, at most 31,536,000. Absent = never. */
  readonly ttlSeconds?: number;
}

/** A signal: a report that stands until it is replaced or withdrawn. There is one of each source about each scope. */
export interface HealthSignal {
  readonly source: string;
  readonly scope: string;
  /** As it was reported. */
  readonly status: HealthStatus;
  readonly reason: string;
  /** Since when it says this. RFC 3339, UTC, milliseconds. */
  readonly since: string;
  /** When it was said last. */
  readonly reportedAt: string;
  /** From then on it counts as UNKNOWN; null = never. */
  readonly expiresAt: string | null;
  /** Whether that time has come. */
  readonly expired: boolean;
}

/** A signal that stands or once stood. */
export interface PastSignal extends HealthSignal {
  /** When it was replaced or withdrawn; null = it stands. */
  readonly until: string | null;
}

/** What health comes to, for the platform or for one capability. */
export interface HealthState {
  readonly scope: string;
  readonly status: HealthStatus;
  /** Whether nothing may be changed in this state: BLOCKED and UNKNOWN. */
  readonly blocks: boolean;
  /** Why it is not HEALTHY, the worst first; at most 20. */
  readonly reasons: readonly string[];
}

/** What is known of health, to be looked at. */
export interface HealthView {
  /** What health comes to; without a scope, of the platform. A capability about which nobody says anything is as the platform is. */
  state(scope?: string): Promise<HealthState>;
  /** All that stand, by scope and source. */
  signals(): readonly HealthSignal[];
  /** All that stood at any time since a moment (RFC 3339), in the order of their beginning; at most `limit` (1..1,000), the newest. */
  history(since: string, limit?: number): readonly PastSignal[];
}

/** What is known of health, and the way to say something about it. */
export interface HealthSignals extends HealthView {
  /**
   * Takes a report; it is durable when this returns.
   * @throws Fault INVALID_REQUEST with every problem of its form; LIMIT_EXCEEDED if there are too many signals.
   */
  report(report: HealthReport): HealthSignal;
  /** Takes a signal away. False = there was none. */
  withdraw(source: string, scope: string): boolean;
}
