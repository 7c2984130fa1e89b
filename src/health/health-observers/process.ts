import { statfsSync } from "node:fs";
import { memoryUsage } from "node:process";
import type { Clock, HealthStatus } from "#model";
import type { HealthObserver, HealthSnapshot } from "../health-observer.ts";
import { createEventLoopDelayMeter } from "./event-loop-delay.ts";

/** The limits beyond which the process is called DEGRADED. */
export interface ProcessThresholds {
  /** Most milliseconds that the event loop may be late between two observations. Default 1,000. */
  readonly eventLoopDelayMaxMs: number;
  /** Most bytes of resident memory. Default 2 GiB. */
  readonly residentBytes: number;
  /** Fewest free bytes where the state lies. Default 256 MiB. */
  readonly diskFreeBytes: number;
}

/** What {@link createProcessObserver} is given. */
export interface ProcessObserverOptions {
  /** A directory on the file system whose free bytes are looked at: where the state lies. */
  readonly directory: string;
  readonly thresholds?: Partial<ProcessThresholds>;
  readonly clock: Clock;
}

/** An observer that measures until it is disposed. */
export type ProcessObserver = HealthObserver & Disposable;

const MIB = 1024 * 1024;
const DEFAULT_THRESHOLDS: ProcessThresholds = {
  eventLoopDelayMaxMs: 1000,
  residentBytes: 2048 * MIB,
  diskFreeBytes: 256 * MIB,
};

/** An observation after every step must cost microseconds: these are read anew only when they are older. */
const DISK_AGE_MS = 1000;
const MEMORY_AGE_MS = 100;
const OBSERVATION_AGE_MS = 20;

/**
 * Observes this process: event-loop delay since the last observation (`event_loop_delay_p50_ms`, `_p99_ms`, `_max_ms`),
 * memory (`resident_bytes`, `heap_used_bytes`, at most 100 ms old) and `disk_free_bytes` (at most 1 s old). HEALTHY, or
 * DEGRADED beyond a threshold, or UNKNOWN if the disk cannot be read; `reasons` says why it is not HEALTHY. An observation
 * less than 20 ms old is given again: that is how finely delays are measured. Never throws.
 */
export function createProcessObserver(options: ProcessObserverOptions): ProcessObserver {
  const { clock, directory } = options;
  const thresholds = { ...DEFAULT_THRESHOLDS, ...options.thresholds };
  const meter = createEventLoopDelayMeter(clock);
  const disk = remembered(() => readDiskFree(directory), DISK_AGE_MS, clock);
  const memory = remembered(memoryUsage, MEMORY_AGE_MS, clock);
  const look = (): HealthSnapshot => {
    const { rss, heapUsed } = memory();
    return judge({ delay: meter.take(), rss, heapUsed, disk: disk() }, thresholds);
  };
  return {
    observeHealth: remembered(look, OBSERVATION_AGE_MS, clock),
    [Symbol.dispose]() {
      meter[Symbol.dispose]();
    },
  };
}

type DiskFree = { readonly bytes: number } | { readonly unreadable: string };

interface Measures {
  readonly delay: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
  readonly rss: number;
  readonly heapUsed: number;
  readonly disk: DiskFree;
}

function judge(seen: Measures, limits: ProcessThresholds): HealthSnapshot {
  const { delay, disk } = seen;
  const beyond: string[] = [];
  if (delay.maxMs > limits.eventLoopDelayMaxMs) {
    beyond.push(`the event loop was ${delay.maxMs} ms late, at most ${limits.eventLoopDelayMaxMs} ms is healthy`);
  }
  if (seen.rss > limits.residentBytes) {
    beyond.push(`${seen.rss} bytes of memory are in use, at most ${limits.residentBytes} is healthy`);
  }
  if ("bytes" in disk && disk.bytes < limits.diskFreeBytes) {
    beyond.push(`${disk.bytes} bytes are free on the disk, at least ${limits.diskFreeBytes} is healthy`);
  }
  const unknown = "unreadable" in disk ? [`the free space on the disk cannot be read (${disk.unreadable})`] : [];
  const status: HealthStatus = unknown.length > 0 ? "UNKNOWN" : beyond.length > 0 ? "DEGRADED" : "HEALTHY";
  const reasons = [...unknown, ...beyond];
  return Object.freeze({
    status,
    signals: Object.freeze({
      event_loop_delay_p50_ms: delay.p50Ms,
      event_loop_delay_p99_ms: delay.p99Ms,
      event_loop_delay_max_ms: delay.maxMs,
      resident_bytes: seen.rss,
      heap_used_bytes: seen.heapUsed,
      disk_free_bytes: "bytes" in disk ? disk.bytes : null,
    }),
    ...(reasons.length > 0 ? { reasons: Object.freeze(reasons) } : {}),
  });
}

function readDiskFree(directory: string): DiskFree {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return { bytes: bavail * bsize };
  } catch (error) {
    return { unreadable: error instanceof Error && "code" in error ? String(error.code) : "unknown error" };
  }
}

function remembered<T>(read: () => T, ageMs: number, clock: Clock): () => T {
  let last: { readonly value: T; readonly atMs: number } | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (last === undefined || nowMs - last.atMs >= ageMs) last = { value: read(), atMs: nowMs };
    return last.value;
  };
}
