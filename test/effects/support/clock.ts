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
