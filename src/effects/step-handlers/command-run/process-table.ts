import { readdirSync, readFileSync } from "node:fs";

/** One process as the kernel shows it. */
export interface ProcessEntry {
  readonly pid: number;
  /** False for what runs no further: it is being taken apart, or its parent has not asked for it yet (a zombie). */
  readonly living: boolean;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot; with the pid it names one process for ever. */
  readonly startTicks: number;
  /** Processor time of its own, user and system, in ticks of a hundredth of a second. */
  readonly cpuTicks: number;
  /** That of its ended children, and of theirs, as far as each was waited for by its parent. */
  readonly waitedTicks: number;
}

/** Resident memory of one process, in bytes. */
export interface ResidentMemory {
  readonly now: number;
  /** The most that it ever had. */
  readonly peak: number;
}

/** Reads the kernel's list of processes (`/proc`); everything here looks and changes nothing. */
export interface ProcessTable {
  /** Whether the list is there (it is not outside Linux) and counts pids as this process does. */
  readonly readable: boolean;
  /** Living processes; `pids` narrows the look. */
  living(pids?: { readonly from: number; readonly to: number }): ProcessEntry[];
  entry(pid: number): ProcessEntry | undefined;
  /** Whether the environment that the process was started with holds `text`; false if it may not be read. */
  environmentHas(pid: number, text: string): boolean;
  /** Undefined if the process has ended or the kernel does not say. */
  memory(pid: number): ResidentMemory | undefined;
  /** The last pid that the kernel gave away, or undefined if it does not say. */
  lastPid(): number | undefined;
}

/** The processes below `root`, which is `/proc` except in tests. */
export function createProcessTable(root = "/proc"): ProcessTable {
  const entry = (pid: number): ProcessEntry | undefined =>
    parseStat(readOrEmpty(`${root}/${pid}/stat`).toString("latin1"));
  return {
    // The list of another pid namespace would name other processes: nothing may be signalled by it.
    readable: Number.parseInt(readOrEmpty(`${root}/self/stat`).toString("latin1"), 10) === process.pid,
    entry,
    living(pids = { from: 1, to: Infinity }) {
      // Nothing was started since: the usual case after a short command, and listing is what costs most.
      const listed = pids.from === pids.to ? [pids.from] : listPids(root);
      return listed
        .filter((pid) => pid >= pids.from && pid <= pids.to)
        .map(entry)
        .filter((found) => found !== undefined)
        .filter((found) => found.living);
    },
    environmentHas: (pid, text) => readOrEmpty(`${root}/${pid}/environ`).includes(text),
    memory(pid) {
      const status = readOrEmpty(`${root}/${pid}/status`).toString("latin1");
      const now = kibibytes(status, "VmRSS");
      return now === undefined ? undefined : { now, peak: Math.max(now, kibibytes(status, "VmHWM") ?? 0) };
    },
    lastPid() {
      const text = readOrEmpty(`${root}/sys/kernel/ns_last_pid`).toString("latin1").trim();
      return text === "" ? undefined : Number(text);
    },
  };
}

function listPids(root: string): number[] {
  try {
    return readdirSync(root)
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid > 0);
  } catch {
    return [];
  }
}

/** A process may end between the listing and the look; that is no error, it is what is wanted. */
function readOrEmpty(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/** A line of `status` such as `VmRSS:     1234 kB`, in bytes. */
function kibibytes(status: string, name: string): number | undefined {
  const digits = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return digits === undefined ? undefined : Number(digits) * 1024;
}

/** The kernel's mark on a process that is being taken apart; its output may have ended already. */
const PF_EXITING = 0x4;

/** The second field of `stat` is the program's name in parentheses and may hold any character: count from its end. */
function parseStat(stat: string): ProcessEntry | undefined {
  const nameEnd = stat.lastIndexOf(")");
  if (nameEnd < 0) return undefined;
  const fields = stat.slice(nameEnd + 2).split(" ");
  const [state = "", parent, group, session] = fields;
  const isEnding = state === "Z" || state === "X" || (Number(fields[6]) & PF_EXITING) !== 0;
  return {
    pid: Number.parseInt(stat, 10),
    // A program goes on without its first thread, which then looks like a zombie.
    living: !isEnding || Number(fields[17]) > 1,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTicks: Number(fields[19]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    waitedTicks: Number(fields[13]) + Number(fields[14]),
  };
}
