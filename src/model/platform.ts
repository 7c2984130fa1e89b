import type { Json } from "./json.ts";

/** A capability of the platform, as the server's configuration declares it and as it stands. */
export interface PlatformCapability {
  /** See `isCapabilityName`. */
  readonly name: string;
  /** `disabled` until somebody enables it. */
  readonly state: "enabled" | "disabled";
  /** Whether the configuration says that nothing may touch it at present. */
  readonly frozen: boolean;
  /** Values by the names of its parameters; only those that were set. */
  readonly parameters: Readonly<Record<string, Json>>;
}

/** One value of the platform's configuration. */
export interface PlatformValue {
  /** Without `configuration/`. */
  readonly key: string;
  readonly value: Json;
  /** How often it was changed: 1 = set once. */
  readonly version: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly changedAt: string;
  /** Null = the journal names nobody. */
  readonly changedBy: string | null;
}

/** One entry of the platform's journal: the key and what stood there before and after. */
export interface PlatformChange {
  /** From 1, without gaps. */
  readonly seq: number;
  /** The resource key. */
  readonly key: string;
  /** `insert`: nothing stood there before. `delete`: nothing stands there after. */
  readonly change: "insert" | "update" | "delete";
  /** Null where nothing stood there, or JSON's null. */
  readonly before: Json;
  /** Null where nothing stands there, or JSON's null. */
  readonly after: Json;
  /** `<jobId>/<stepIndex>` of a step, `person:<name>` of a person; null = nobody was named. */
  readonly by: string | null;
  /** RFC 3339, UTC, milliseconds; advisory, order is by `seq`. */
  readonly at: string;
}

/** Which part of the journal is asked for. */
export interface PlatformChangeQuery {
  /** 0 = from the first one. */
  readonly afterSeq: number;
  /** At most so many: 1..1,000. */
  readonly limit: number;
}

/** The platform, to be looked at: which capabilities there are, what its configuration is, and all that was ever changed. */
export interface Platform {
  /** In the order of the server's configuration. What stands there for one that is not declared is not told. */
  capabilities(): readonly PlatformCapability[];
  /** By key. */
  configuration(): readonly PlatformValue[];
  /** What stands at a resource key; undefined = nothing. */
  value(key: string): Json | undefined;
  /** Entries of the journal, in order. */
  changes(query: PlatformChangeQuery): readonly PlatformChange[];
  /** The last entry's `seq`; 0 = the journal is empty. */
  readonly head: number;
}
