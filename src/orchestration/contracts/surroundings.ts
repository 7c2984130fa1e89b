import type { Json } from "#model";

/** A change that was made to the platform, as its own journal has it: whoever writes there, hidden or not, stands in it. */
export interface PlatformChange {
  /** From 1 on, without gaps. */
  readonly seq: number;
  /** The resource: `capability/<name>`, `capability/<name>/parameters/<parameter>` or `configuration/<key>`. */
  readonly key: string;
  readonly before: Json;
  readonly after: Json;
  /** `<jobId>/<stepIndex>` of the step, `person:<name>`, or null where nobody is named. */
  readonly by: string | null;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** What contracts change, as it can be read. */
export interface PlatformReader {
  capabilities(): readonly { readonly name: string; readonly frozen: boolean }[];
  /** Whether changes of SYSTEM were approved beforehand. */
  readonly systemPreApproved: boolean;
  /** What stands at a key; undefined = nothing does. */
  value(key: string): Json | undefined;
  /** Number of changes so far. */
  readonly head: number;
  /** Changes with a greater number, in order; at most `limit`. */
  changes(options: { readonly afterSeq: number; readonly limit: number }): readonly PlatformChange[];
}

/** A signal about health that was raised or withdrawn. */
export interface SignalChange {
  readonly source: string;
  /** `system`, or a capability. */
  readonly scope: string;
  readonly status: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** The platform's health, as it can be read. */
export interface HealthReader {
  /** The state of the system, or of a capability: HEALTHY, DEGRADED, BLOCKED or UNKNOWN. */
  state(scope?: string): string;
  /** The signals that stand now. */
  signals(): readonly SignalChange[];
  /** What was raised or withdrawn from that moment on, in order. */
  since(at: string): readonly SignalChange[];
}
