import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHealthSignals } from "#health";
import type { HealthObserver, HealthSnapshot, OpenHealthSignals } from "#health";
import type { Clock } from "#model";

const START = Date.parse("2026-11-21T00:00:00.000Z");

/** Signals in a directory of their own, with a clock that a test turns and an observer that sees what a test says. */
export interface SignalBench extends Disposable {
  readonly path: string;
  readonly signals: OpenHealthSignals;
  readonly observer: HealthObserver;
  /** What the observer sees from now on; a text = it fails with it. */
  sees(snapshot: HealthSnapshot | string): void;
  /** Turns the clock. */
  pass(seconds: number): void;
  /** The time so many seconds after the start. */
  at(seconds: number): string;
  reopen(): void;
}

export const HEALTHY: HealthSnapshot = { status: "HEALTHY", signals: { disk_free_bytes: 1 } };

const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

/** Makes one. */
export function signalBench(): SignalBench {
  const directory = mkdtempSync(join(tmpdir(), "verbatim-health-"));
  const path = join(directory, "health.db");
  let passed = 0;
  let seen: HealthSnapshot | string = HEALTHY;
  const clock: Clock = { now: () => at(passed), monotonicMs: () => passed * 1000, after: () => () => undefined };
  const observer: HealthObserver = {
    observeHealth() {
      if (typeof seen === "string") throw new Error(seen);
      return seen;
    },
  };
  const open = (): OpenHealthSignals => openHealthSignals({ path, clock, observer });
  let signals = open();
  return {
    path,
    observer,
    get signals() {
      return signals;
    },
    sees(snapshot) {
      seen = snapshot;
    },
    pass(seconds) {
      passed += seconds;
    },
    at,
    reopen() {
      signals[Symbol.dispose]();
      signals = open();
    },
    [Symbol.dispose]() {
      signals[Symbol.dispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
