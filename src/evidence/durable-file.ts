import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Writes all of it: a short write is not an error to the system, but it is one to us. */
export function writeFully(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    const count = writeSync(file, bytes, written);
    if (count === 0) throw new Error("the file system took no more bytes");
    written += count;
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Makes a directory, open to its owner alone, with those above it that are missing; their names are durable when it returns.
 * One after the other, because Node's own way of making all of them never ends where the system lets nothing be made (below
 * `/proc`), and does not say that a disk is read-only.
 * @throws the system's error.
 */
export function makeDirectory(directory: string): void {
  const missing: string[] = [];
  for (let next = resolve(directory); !existsSync(next); next = dirname(next)) missing.push(next);
  for (const next of missing.toReversed()) {
    makeOne(next);
    syncDirectory(dirname(next));
  }
}

function makeOne(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(directory)) throw error; // else somebody has made it meanwhile
  }
}

/**
 * Writes a file of mode 0600: the name is there only when all of the bytes are durable. The name itself, and that of a new
 * directory for it, may not be durable yet.
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.part`;
  const file = openSync(unfinished, "w", 0o600);
  try {
    writeFully(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}

/** Writes a file of mode 0600: it is there, with all of its bytes, when it returns, or as it was before. */
export function writeDurably(path: string, bytes: Uint8Array): void {
  makeDirectory(dirname(path));
  writeWhole(path, bytes);
  syncDirectory(dirname(path));
}
