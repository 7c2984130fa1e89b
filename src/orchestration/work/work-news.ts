import type { ChangeOperation } from "#model";
import type { WorkError } from "#model";
import type { OutageEnd } from "./outage.ts";

/** What becomes of hooks and of work, for the log of the process. */
export type WorkNews =
  | {
      readonly kind: "hook matched";
      readonly entity: string;
      readonly operation: ChangeOperation;
      readonly jobs: readonly string[];
    }
  | {
      readonly kind: "hook failed";
      readonly entity: string;
      readonly operation: ChangeOperation;
      readonly error: unknown;
    }
  | { readonly kind: "enqueued"; readonly id: string; readonly name: string; readonly capability: string }
  | {
      readonly kind: "completed";
      readonly id: string;
      readonly name: string;
      readonly capability: string;
      readonly durationMs: number;
    }
  | (FailedWork & {
      readonly kind: "failed";
      readonly maxAttempts: number;
      /** Milliseconds until the next attempt. */
      readonly delayMs: number;
    })
  | (FailedWork & {
      readonly kind: "dead";
      /** Milliseconds since it was accepted. */
      readonly durationMs: number;
    })
  /** It went for what its job may not do; told beside what became of it. */
  | (FailedWork & { readonly kind: "sandbox violation"; readonly allowed: readonly string[] })
  /**
   * The claim was lost to somebody else, or work could not be begun now: nothing was written. What others are put back for after that, for the
   * same reason, is told in sum, by `goes on`.
   */
  | { readonly kind: "put back"; readonly id: string; readonly error: unknown }
  | ({ readonly kind: "goes on" } & OutageEnd)
  /** Told once when it begins, and of its end in sum. */
  | { readonly kind: "queue unavailable"; readonly error: unknown }
  | ({ readonly kind: "queue available" } & OutageEnd)
  /** The store of work could not be read or written: what was begun is tried again. Told once when it begins, and of its end in sum. */
  | { readonly kind: "store fails"; readonly error: unknown }
  | ({ readonly kind: "store answers" } & OutageEnd)
  | { readonly kind: "started" | "stopped"; readonly workers: number };

/** An attempt that failed. */
export interface FailedWork {
  readonly id: string;
  readonly name: string;
  readonly capability: string;
  readonly attempt: number;
  readonly error: Pick<WorkError, "errorClass" | "message">;
}

/** Told of it; must not throw. */
export type OnWorkNews = (news: WorkNews) => void;
