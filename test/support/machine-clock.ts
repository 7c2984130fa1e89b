import type { Clock } from "#model";

/** The time of this machine, for what measures time itself. */
export const machineClock: Clock = {
  now: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
