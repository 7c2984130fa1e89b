import type { Json } from "#model";

/** What a write has come to: what stood there, what stands there, and how often the key was changed so far. */
export interface PlatformWrite {
  readonly key: string;
  /** Null where nothing stood there, or JSON's null. */
  readonly before: Json;
  /** Null where nothing stands there, or JSON's null. */
  readonly after: Json;
  /** 0 = it was never changed. */
  readonly version: number;
}

/** A step that sets a resource. */
export interface SetStep {
  /** `<jobId>/<stepIndex>`: a step that was performed before has what it came to then, and writes nothing. */
  readonly idempotencyKey: string;
  /** The resource key. */
  readonly key: string;
  readonly value: Json;
}

/** A step that puts back what stood at a key before another step changed it. */
export interface RevertStep extends Omit<SetStep, "value"> {
  /** The idempotency key of the step that made the change. */
  readonly undoes: string;
}

/** A write that cannot be done, now or ever; nothing was written. */
export class PlatformRefusal extends Error {
  override readonly name = "PlatformRefusal";
}
