import type { Clock } from "#model";

/** The machine's own time: real processes live by nothing else. */
export const realClock: Clock = {
  now: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * Time that passes `factor` times as slowly: where a test waits for what a child does within a grace, a machine under load
 * has that much longer for it.
 */
export function slowClock(factor: number): Clock {
  return {
    now: () => realClock.now(),
    monotonicMs: () => realClock.monotonicMs() / factor,
    after: (milliseconds, callback) => realClock.after(milliseconds * factor, callback),
  };
}
