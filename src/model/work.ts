import type { JsonObject } from "./json.ts";
import type { ErrorClass } from "./step.ts";

/** Where a piece of work stands. `failed` waits for its next attempt; `dead` will not be tried again by itself. */
export type WorkState = "pending" | "running" | "failed" | "completed" | "dead" | "discarded";

/** What is asked for. */
export interface NewWork {
  /** At most 128 characters; the same id again is the same work. */
  readonly id: string;
  /** Name of the job that it is of. */
  readonly name: string;
  /** Step type that it comes to. */
  readonly capability: string;
  /** 0 to 9. */
  readonly priority: number;
  /** Everything that it needs; at most 512 KiB as JSON. It is kept as text: what the caller does with it later changes nothing. */
  readonly payload: JsonObject;
  /** The work that this one redoes. */
  readonly redrives?: string;
}

/** An attempt that failed. */
export interface WorkError {
  /** 1-based. */
  readonly attempt: number;
  /** RFC 3339. */
  readonly at: string;
  readonly errorClass: ErrorClass;
  /** At most 1000 characters. */
  readonly message: string;
}

/** A piece of work, as it is kept. */
export interface Work extends NewWork {
  readonly state: WorkState;
  /** Its place in the order of coming. */
  readonly place: number;
  /** Attempts that were begun. */
  readonly attempts: number;
  /** How often it was claimed: who claimed it before the last one can write nothing. */
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** When its next attempt is due, or the claim on it runs out; milliseconds since 1970. */
  readonly dueMs: number;
  /** When it was completed, dead or discarded. */
  readonly endedMs: number | undefined;
  readonly errors: readonly WorkError[];
  /** The work that redoes this one. */
  readonly redrivenAs: string | undefined;
  /** Who discarded it, and why. */
  readonly discarded: { readonly by: string; readonly reason: string } | undefined;
}

/** What a claim comes to. */
export type Claim =
  | { readonly kind: "claimed"; readonly work: Work }
  /** Not due yet, or claimed by somebody whose time is not over. */
  | { readonly kind: "later"; readonly delayMs: number; readonly attempt: number }
  /** Ended, or never accepted. */
  | { readonly kind: "over" };

/** What an attempt came to. */
export type AttemptEnd =
  /** `follows` are accepted in the same transaction. */
  | { readonly kind: "completed"; readonly follows: readonly NewWork[] }
  | {
      readonly kind: "failed";
      readonly error: Omit<WorkError, "at" | "attempt">;
      readonly delayMs: number;
      /** Attempts that its job may have altogether, for who is told of it. */
      readonly maxAttempts?: number;
    }
  | {
      readonly kind: "dead";
      readonly error: Omit<WorkError, "at" | "attempt">;
      /** Capabilities of its job, for who is told that it went beyond them. */
      readonly allowed?: readonly string[];
    };

/** Which dead letters are meant. All that is given has to hold. */
export interface DeadLetterQuery {
  readonly name?: string;
  readonly capability?: string;
  readonly errorClass?: ErrorClass;
  /** Part of the last error's message. */
  readonly messageContains?: string;
  /** Ended at that time or later, and before; milliseconds since 1970. */
  readonly endedFromMs?: number;
  readonly endedBeforeMs?: number;
  /** Exactly these; at most 1000. */
  readonly ids?: readonly string[];
}

/** Numbers of a capability. */
export interface CapabilityStats {
  readonly capability: string;
  readonly enqueued: number;
  readonly completed: number;
  readonly failed: number;
  readonly retried: number;
  readonly dead: number;
}

/** States whose numbers are quickly told, however much is kept: work that has not ended, and dead letters. */
export type WatchedState = Exclude<WorkState, "completed" | "discarded">;

/** Numbers that may be asked for often. */
export interface WatchedStats {
  readonly states: Readonly<Record<WatchedState, number>>;
  /** Milliseconds since the oldest work that has not ended was accepted; undefined = there is none. */
  readonly oldestAgeMs: number | undefined;
  /** By name. Totals are their sums; they never fall. */
  readonly capabilities: readonly CapabilityStats[];
}

/** Numbers of all work that was ever accepted here. */
export interface WorkStats extends WatchedStats {
  /** Work in each state; what was pruned is not in it. */
  readonly states: Readonly<Record<WorkState, number>>;
}
