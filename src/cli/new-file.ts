import { lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { Fault } from "#model";

/** Writes a file that is not there yet. @throws {Fault} INVALID_REQUEST if it is, or if it cannot be written. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  if (await writeIfAbsent(path, text)) return;
  throw new Fault("INVALID_REQUEST", `${path} is there already, and nothing is written over: name another file.`);
}

/** The same; whether it was written. One that is there is left as it is. @throws {Fault} INVALID_REQUEST */
export async function writeIfAbsent(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    if (code === "EEXIST") return false;
    throw new Fault("INVALID_REQUEST", `${path} cannot be written (${code}).`, { cause });
  }
}

/** A file that is to be written with others. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Writes all of these files into a directory, which is made for its owner alone if it is not there; or none of them.
 * @throws {Fault} INVALID_REQUEST that names each that is there already, or what cannot be written.
 */
export async function writeNewFiles(directory: string, files: readonly NewFile[]): Promise<void> {
  const there = [];
  for (const { path } of files) if (await isThere(path)) there.push(path);
  if (there.length > 0) {
    const text = `Nothing is written over, and these are there already: ${there.join(", ")}. Name another directory, or move them away.`;
    throw new Fault("INVALID_REQUEST", text);
  }
  const written: string[] = [];
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const { path, text, mode } of files) {
      await writeFile(path, text, { flag: "wx", mode });
      written.push(path);
    }
  } catch (cause) {
    for (const path of written) await rm(path, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault("INVALID_REQUEST", `Nothing was written: ${why}.`, { cause });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return false;
    throw new Fault("INVALID_REQUEST", `${path} cannot be looked at: ${String(cause)}.`, { cause });
  }
}
