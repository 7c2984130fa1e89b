import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProcessObserver } from "#health";
import type { HealthSnapshot, ProcessObserver, ProcessObserverOptions } from "#health";
import type { Clock } from "#model";

/** A clock that stands still until it is told to move. */
function createStoppedClock(): Clock & { advance(milliseconds: number): void } {
  let nowMs = 1000;
  return {
    now: () => "2026-11-21T00:00:00.000Z",
    monotonicMs: () => nowMs,
    after: () => () => undefined,
    advance(milliseconds) {
      nowMs += milliseconds;
    },
  };
}

let clock: ReturnType<typeof createStoppedClock>;
let observers: ProcessObserver[];
beforeEach(() => {
  clock = createStoppedClock();
  observers = [];
});
afterEach(() => {
  for (const observer of observers) observer[Symbol.dispose]();
});

function watch(options: Partial<ProcessObserverOptions> = {}): { look(): HealthSnapshot } {
  const made = createProcessObserver({ directory: tmpdir(), clock, ...options });
  observers.push(made);
  // This observer never answers with a promise; if it did, the tests would see no status.
  return { look: () => made.observeHealth() as HealthSnapshot };
}

const NOTHING_IS_BEYOND = { residentBytes: Infinity, diskFreeBytes: 0 };

describe("the observer of the process", () => {
  it("measures loop delay, memory and free disk, each with its unit in its name", () => {
    const { status, signals } = watch({ thresholds: NOTHING_IS_BEYOND }).look();
    expect(status).toBe("HEALTHY");
    expect(Object.keys(signals)).toEqual([
      "event_loop_delay_p50_ms",
      "event_loop_delay_p99_ms",
      "event_loop_delay_max_ms",
      "resident_bytes",
      "heap_used_bytes",
      "disk_free_bytes",
    ]);
    for (const value of Object.values(signals)) expect(value).toBeGreaterThanOrEqual(0);
    expect(signals["resident_bytes"]).toBeGreaterThan(Number(signals["heap_used_bytes"]));
  });

  it("measures the free bytes that df also tells", () => {
    const told = Number(execFileSync("df", ["--output=avail", "-B1", tmpdir()]).toString().split("\n")[1]);
    const measured = Number(watch().look().signals["disk_free_bytes"]);
    // Other programs write meanwhile.
    expect(Math.abs(measured - told)).toBeLessThan(1024 ** 3);
  });

  it("gives a snapshot that is JSON and says nothing more when it is healthy", () => {
    const snapshot = watch({ thresholds: NOTHING_IS_BEYOND }).look();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(Object.keys(snapshot)).toEqual(["status", "signals"]);
  });

  it("is UNKNOWN and does not throw when the disk cannot be read", () => {
    const snapshot = watch({ directory: join(tmpdir(), "no-such-directory") }).look();
    expect(snapshot).toMatchObject({ status: "UNKNOWN", signals: { disk_free_bytes: null } });
    expect(snapshot["reasons"]).toEqual([expect.stringContaining("ENOENT")]);
  });

  it("is UNKNOWN, not DEGRADED, when both would hold, and tells both reasons", () => {
    const snapshot = watch({ directory: "/no/such", thresholds: { residentBytes: 0 } }).look();
    expect(snapshot.status).toBe("UNKNOWN");
    expect(snapshot["reasons"]).toHaveLength(2);
  });

  it.each([
    ["too much memory is in use", { residentBytes: 1 }, "bytes of memory"],
    ["too little disk is free", { diskFreeBytes: Number.MAX_SAFE_INTEGER }, "free on the disk"],
  ])("is DEGRADED with a reason when %s", (_, thresholds, reason) => {
    const snapshot = watch({ thresholds: { ...NOTHING_IS_BEYOND, ...thresholds } }).look();
    expect(snapshot.status).toBe("DEGRADED");
    expect(snapshot["reasons"]).toEqual([expect.stringContaining(reason)]);
  });

  it("is DEGRADED one microsecond beyond the event-loop threshold and HEALTHY at it", () => {
    const watched = watch({ thresholds: { ...NOTHING_IS_BEYOND, eventLoopDelayMaxMs: 50 } });
    clock.advance(20 + 50);
    expect(watched.look()).toMatchObject({ status: "HEALTHY", signals: { event_loop_delay_max_ms: 50 } });
    clock.advance(50.001);
    expect(watched.look()).toMatchObject({ status: "DEGRADED", signals: { event_loop_delay_max_ms: 50.001 } });
  });

  it("shows at once the delay of a loop that is still blocked, and shows it once", () => {
    const watched = watch();
    expect(watched.look().signals["event_loop_delay_max_ms"]).toBe(0);
    clock.advance(520);
    expect(watched.look().signals["event_loop_delay_max_ms"]).toBe(500);
    clock.advance(20);
    expect(watched.look().signals["event_loop_delay_max_ms"]).toBe(20);
    clock.advance(30);
    expect(watched.look().signals["event_loop_delay_max_ms"]).toBe(30);
  });

  it("gives an observation that is less than 20 ms old again, and looks anew after that", () => {
    const watched = watch();
    const first = watched.look();
    clock.advance(19);
    expect(watched.look()).toBe(first);
    clock.advance(1);
    expect(watched.look()).not.toBe(first);
  });

  it("shows the delays of all ticks since the last look, and forgets them then", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const watched = watch();
      for (const milliseconds of [...Array.from({ length: 97 }, () => 20), 320, 120, 21]) {
        clock.advance(milliseconds);
        vi.advanceTimersByTime(20);
      }
      const signals = watched.look().signals;
      expect(signals).toMatchObject({ event_loop_delay_p50_ms: 0, event_loop_delay_max_ms: 300 });
      // The histogram keeps three digits.
      expect(signals["event_loop_delay_p99_ms"]).toBeCloseTo(100, 0);
      clock.advance(20);
      vi.advanceTimersByTime(20);
      const after = { event_loop_delay_p50_ms: 0, event_loop_delay_p99_ms: 0, event_loop_delay_max_ms: 0 };
      expect(watched.look().signals).toMatchObject(after);
    } finally {
      vi.useRealTimers();
    }
  });

  it("reads the disk again only after a second", () => {
    const directory = mkdtempSync(join(tmpdir(), "verbatim-disk-"));
    const watched = watch({ directory });
    const before = watched.look().signals["disk_free_bytes"];
    rmSync(directory, { recursive: true });
    clock.advance(980);
    expect(watched.look().signals["disk_free_bytes"]).toBe(before);
    clock.advance(20);
    expect(watched.look()).toMatchObject({ status: "UNKNOWN", signals: { disk_free_bytes: null } });
  });

  it("changes nothing by looking: it has no method but the look and the end", () => {
    const made = createProcessObserver({ directory: tmpdir(), clock });
    observers.push(made);
    expect(Reflect.ownKeys(made)).toEqual(["observeHealth", Symbol.dispose]);
  });

  it("does not keep a process alive that has nothing else to do, and may be disposed twice", () => {
    const program = `
      import { createProcessObserver } from "#health";
      const clock = { now: () => "", monotonicMs: () => performance.now(), after: () => () => {} };
      const options = { directory: "/", clock };
      createProcessObserver(options).observeHealth();
      const second = createProcessObserver(options);
      second[Symbol.dispose]();
      second[Symbol.dispose]();
      console.log("ended");
    `;
    const seen = spawnSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
    expect([seen.status, seen.stdout.toString()]).toEqual([0, "ended\n"]);
  });
});
