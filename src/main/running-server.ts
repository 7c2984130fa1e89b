import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

/** Where the server of a state directory says how to reach it. */
const FILE = "server.json";

const UNIX = "unix:";

/** How to reach a server on this machine. */
export interface ServerNote {
  readonly address: string;
  readonly pid: number;
  /** Whether it speaks TLS there. */
  readonly tls?: boolean;
}

/** Leaves word of a server that takes calls; returns the function that takes it away. */
export function noteServer(state: string, address: string, tls = false): () => void {
  const path = join(state, FILE);
  const absolute = address.startsWith(UNIX) ? `${UNIX}${resolve(address.slice(UNIX.length))}` : address;
  const note: ServerNote = { address: absolute, pid: process.pid, ...(tls && { tls }) };
  writeFileSync(path, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  return () => rmSync(path, { force: true });
}

/** The word that a server left, if its process is still there. */
export function notedServer(state: string): ServerNote | undefined {
  const path = join(state, FILE);
  if (!existsSync(path)) return undefined;
  const note = readNote(path);
  if (note === undefined || !isAlive(note.pid)) return undefined;
  return note.address.startsWith(UNIX)
    ? { ...note, address: `${UNIX}${shortest(note.address.slice(UNIX.length))}` }
    : note;
}

/** Nobody syncs the note: what a power cut left of it is no note. */
function readNote(path: string): ServerNote | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ServerNote; // written by noteServer
  } catch {
    return undefined;
  }
}

/** A unix socket's path must be short: the shorter way to say it from here. */
export function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
