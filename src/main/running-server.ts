import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the server of a state directory says how to reach it. */
const FILE = "server.json";

/** How to reach a server on this machine. */
export interface ServerNote {
  readonly address: string;
  readonly pid: number;
}

/** Leaves word of a server that takes calls; returns the function that takes it away. */
export function noteServer(state: string, address: string): () => void {
  const path = join(state, FILE);
  const note: ServerNote = { address, pid: process.pid };
  writeFileSync(path, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  return () => rmSync(path, { force: true });
}

/** The word that a server left, if its process is still there. */
export function notedServer(state: string): ServerNote | undefined {
  const path = join(state, FILE);
  if (!existsSync(path)) return undefined;
  const note = JSON.parse(readFileSync(path, "utf8")) as ServerNote; // written by noteServer
  return isAlive(note.pid) ? note : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
