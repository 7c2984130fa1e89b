/** Time, injected: nothing but `main` and named adapters reads a clock. */
export interface Clock {
  /** Wall time, RFC 3339, UTC, milliseconds. Advisory: order is by sequence. */
  now(): string;
  /** Monotonic milliseconds since an arbitrary start, with fractions. */
  monotonicMs(): number;
  /** Calls `callback` once after `milliseconds`; the returned function cancels it and may be called twice. */
  after(milliseconds: number, callback: () => void): () => void;
}
