import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { StepOutput } from "../../step-handler.ts";
import { errorCode, failure } from "../failure.ts";
import { kindOf } from "../files/permitted-file.ts";
import { within } from "./jail.ts";
import type { OpenDirectory } from "./jail.ts";

/** A file that is to stand in a directory. */
export interface FileToPlace {
  /** For messages: the path below the jail. */
  readonly path: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly permissions: number;
  readonly ifExists: "fail" | "replace";
  /** A name of its own in the same directory, which nobody may ask for. */
  readonly temporary: string;
}

/** Whether the file was written, or stood there already; or the failed step. */
export type Placed = { readonly written: boolean } | { readonly failed: StepOutput };

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const PERMISSION_BITS = 0o7777;

/**
 * Puts a file into a directory: whole or not at all, and durable when it returns. The same bytes with the same permissions stay as they are.
 * A link, a pipe or anything else that is no file is never written through and never replaced.
 */
export function placeFile(directory: OpenDirectory, file: FileToPlace): Placed {
  try {
    const standing = look(directory, file);
    if (standing === "same") return { written: false };
    if (typeof standing === "object") return standing;
    if (standing === "other" && file.ifExists === "fail") return { failed: taken(file.path) };
    writeTemporary(directory, file);
    return settle(directory, file);
  } catch (error) {
    return { failed: unwritten(file.path, errorCode(error)) };
  }
}

function look(
  directory: OpenDirectory,
  file: FileToPlace,
): "none" | "same" | "other" | { readonly failed: StepOutput } {
  let descriptor: number;
  try {
    descriptor = openSync(within(directory, file.name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return "none";
    if (code === "ELOOP")
      return { failed: failure(`${file.path} is a symbolic link, and none is followed`, "sandbox_violation") };
    if (code === "ENXIO")
      return { failed: failure(`${file.path} is a socket or a device, expected a file`, "validation_failed") };
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile())
      return { failed: failure(`${file.path} is ${kindOf(stats)}, expected a file`, "validation_failed") };
    const isSame = stats.size === file.bytes.length && (stats.mode & PERMISSION_BITS) === file.permissions;
    return isSame && holds(descriptor, file.bytes) ? "same" : "other";
  } finally {
    closeSync(descriptor);
  }
}

function holds(descriptor: number, bytes: Buffer): boolean {
  const found = Buffer.alloc(bytes.length);
  let at = 0;
  while (at < found.length) {
    const read = readSync(descriptor, found, at, found.length - at, at);
    if (read === 0) return false;
    at += read;
  }
  return found.equals(bytes);
}

function writeTemporary(directory: OpenDirectory, { temporary, bytes, permissions }: FileToPlace): void {
  const path = within(directory, temporary);
  remove(path); // of an attempt that did not come to its end
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fchmodSync(descriptor, permissions);
    fsyncSync(descriptor);
  } catch (error) {
    remove(path);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Gives the written file its name. A link to it is made only where there is nothing of that name; a rename replaces what is there. */
function settle(directory: OpenDirectory, { path, name, temporary, ifExists }: FileToPlace): Placed {
  const [from, to] = [within(directory, temporary), within(directory, name)];
  try {
    if (ifExists === "replace") renameSync(from, to);
    else linkSync(from, to);
    fsyncSync(directory.descriptor);
    return { written: true };
  } catch (error) {
    if (errorCode(error) === "EEXIST") return { failed: taken(path) };
    throw error;
  } finally {
    remove(from);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

function taken(path: string): StepOutput {
  return failure(
    `${path} is there already, with other bytes or permissions, and is not to be replaced`,
    "validation_failed",
  );
}

function unwritten(path: string, code: string): StepOutput {
  const forGood = ["EACCES", "EPERM", "EROFS", "EISDIR", "ENAMETOOLONG"].includes(code);
  return failure(`${path} cannot be written (${code})`, forGood ? "permanent" : "transient_io");
}
