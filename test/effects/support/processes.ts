import { readdirSync, readFileSync } from "node:fs";

/** Whether a process lives, as the kernel says; a zombie does not. Independent of the code under test. */
export function lives(pid: number): boolean {
  const state = /^State:\s+(\S)/m.exec(read(`/proc/${pid}/status`))?.[1];
  return state !== undefined && state !== "Z" && state !== "X";
}

/** The living processes whose environment or command line holds `text`, this one excepted. */
export function livingWith(text: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && lives(pid))
    .filter((pid) => read(`/proc/${pid}/environ`).includes(text) || read(`/proc/${pid}/cmdline`).includes(text));
}

/** The living processes that this one started itself and whose command line holds `text`: others come and go beside it. */
export function livingChildrenWith(text: string): number[] {
  return livingChildrenOf(process.pid, text);
}

/** The living processes that `parent` started itself and whose environment or command line holds `text`. */
export function livingChildrenOf(parent: number, text: string): number[] {
  return livingWith(text).filter((pid) => read(`/proc/${pid}/status`).includes(`\nPPid:\t${parent}\n`));
}

/** The pids that a test's commands wrote, one a line. */
export function pidsIn(file: string): number[] {
  return read(file).split("\n").filter(Boolean).map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
