import { readFileSync, writeFileSync } from "node:fs";

/** Resident memory of a process, in MiB. */
export interface ResidentMemory {
  readonly now: number;
  /** The most since the last {@link forgetPeak}. */
  readonly peak: number;
}

/** Looks at a process from outside. */
export function residentMemory(pid: number): ResidentMemory {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return { now: kibibytes(text, "VmRSS") / 1024, peak: kibibytes(text, "VmHWM") / 1024 };
}

/** Lets the kernel begin a new high-water mark: it misses no peak, as a loop of samples would. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function kibibytes(status: string, name: string): number {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (value === undefined) throw new Error(`/proc/PID/status has no ${name}`);
  return Number(value);
}
