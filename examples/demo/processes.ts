import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Whether this system tells about its processes, as Linux does. */
export const canListProcesses = existsSync("/proc/self/stat");

/** Whether a process is there and has not ended. */
export function isAlive(pid: number): boolean {
  if (canListProcesses) {
    const state = statOf(pid)?.state;
    return state !== undefined && state !== "Z";
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The processes that `pid` has started, and those that they have started, and so on. */
export function descendantsOf(pid: number): readonly number[] {
  if (!canListProcesses) return [];
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? statOf(Number(name))?.parent : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const found: number[] = [];
  let generation = [pid];
  while (generation.length > 0) {
    generation = [...parents].filter(([, parent]) => generation.includes(parent)).map(([child]) => child);
    found.push(...generation);
  }
  return found;
}

/** Processes that a step of one of these jobs has started: they carry the job's id in their environment. */
export function startedBy(jobIds: readonly string[]): readonly number[] {
  if (!canListProcesses) return [];
  const marks = jobIds.map((jobId) => `VERBATIM_JOB_ID=${jobId}`);
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => marks.some((mark) => environmentOf(pid).includes(mark))).map(Number);
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return []; // it has just ended, or belongs to somebody else
  }
}

/** State and parent of a process, from `/proc/PID/stat`: the name in brackets may hold anything, so look behind it. */
function statOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
