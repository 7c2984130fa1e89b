import { createHistogram } from "node:perf_hooks";
import type { Clock } from "#model";

/** How late the event loop was, in milliseconds. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Measures until it is disposed. */
export interface EventLoopDelayMeter extends Disposable {
  /** The delays since the last call, the one that is still going on included. */
  take(): EventLoopDelay;
}

/** Milliseconds between two looks; an idle process is woken this rarely. */
const TICK_MS = 20;

/**
 * A timer that is due every 20 ms tells by how much it is late. `monitorEventLoopDelay` does the same, but its `reset`
 * forgets the tick that is under way: looked at after every step, it never shows the step that blocked the loop.
 */
export function createEventLoopDelayMeter(clock: Clock): EventLoopDelayMeter {
  const delays = createHistogram();
  // The histogram keeps three digits; the largest delay is told as it was.
  let maxMs = 0;
  let lastTickMs = clock.monotonicMs();
  const lateMs = (): number => Math.max(0, clock.monotonicMs() - lastTickMs - TICK_MS);
  function record(delayMs: number): void {
    const microseconds = Math.round(delayMs * 1000);
    maxMs = Math.max(maxMs, microseconds / 1000);
    // It takes whole numbers from 1: plus one, so that no delay has a place.
    delays.record(microseconds + 1);
  }
  const percentileMs = (percentile: number): number =>
    Math.min(maxMs, Math.max(0, Math.round(delays.percentile(percentile)) - 1) / 1000);
  const timer = setInterval(() => {
    record(lateMs());
    lastTickMs = clock.monotonicMs();
  }, TICK_MS);
  // Looking must not keep a process alive that has nothing else to do.
  timer.unref();
  return {
    take() {
      const pendingMs = lateMs();
      if (delays.count === 0 || pendingMs > 0) record(pendingMs);
      // What was told now is not told again when the late tick comes.
      if (pendingMs > 0) lastTickMs = clock.monotonicMs() - TICK_MS;
      const taken = { p50Ms: percentileMs(50), p99Ms: percentileMs(99), maxMs };
      delays.reset();
      maxMs = 0;
      return taken;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}
