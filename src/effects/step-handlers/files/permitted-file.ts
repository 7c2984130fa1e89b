import { closeSync, constants, fstatSync, openSync, readlinkSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { Fault } from "#model";
import type { Violation } from "#model";
import type { StepOutput } from "../../step-handler.ts";
import { errorCode, failure } from "../failure.ts";
import { findPermittedPath, liesInside } from "../permitted-path.ts";

/** What the server permits a check of files to look at. Nothing is permitted by default. */
export interface FileCheckOptions {
  /** Absolute directories in which files may be looked at, after links are resolved. Relative paths are relative to the first. */
  readonly directories: readonly string[];
  /** Bytes of one file that are read at most. Default 1 GiB. */
  readonly maxBytes?: number;
}

/** The upper bound where the configuration says none. */
export const DEFAULT_MAX_BYTES = 1024 ** 3;

/** A path as steps declare it. */
export const declaredPath = z
  .string()
  .min(1)
  .max(4095)
  .refine((path) => !path.includes("\0") && path.isWellFormed(), "is no path: it has a NUL or a lone surrogate")
  .describe("Must lie inside a directory that the server permits; a relative path is relative to the first of them.");

const SEARCH = { what: "the file", absentCodes: ["ENOENT", "ENOTDIR"] };

/** Checks the options. @throws {Fault} INVALID_CONFIGURATION that lists every problem. */
export function requireDirectories({ directories }: FileCheckOptions, stepType: string): void {
  const violations = directories.flatMap((path, index): Violation[] =>
    isAbsolute(path) ? [] : [{ field: `directories[${index}]`, description: `"${path}" is not an absolute path` }],
  );
  if (directories.length === 0) violations.push({ field: "directories", description: "names no directory" });
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw new Fault("INVALID_CONFIGURATION", `${stepType} is not configured as it must be: ${list}`, { violations });
}

/** What is wrong with the path before anything is looked at; an absent file may still be made by an earlier step. */
export function pathViolations(path: unknown, directories: readonly string[]): Violation[] {
  const declared = declaredPath.safeParse(path);
  if (!declared.success) return []; // said already
  const answer = findPermittedPath(declared.data, directories, SEARCH);
  return answer.kind === "refused" ? [{ field: "path", description: answer.problem }] : [];
}

/** What a look at a path found, or the failed step. */
export type Look = { readonly stats: Stats; readonly path: string } | { readonly failed: StepOutput };

/** Looks at whatever the path names, without opening it. */
export function lookAt(path: string, directories: readonly string[]): Look {
  const answer = findPermittedPath(path, directories, SEARCH);
  if (answer.kind === "refused") return { failed: failure(`${path}: ${answer.problem}`, "sandbox_violation") };
  if (answer.kind === "absent") return { failed: failure(`${path} does not exist`, "validation_failed") };
  try {
    return { stats: statSync(answer.path), path: answer.path };
  } catch (error) {
    return { failed: unreadable(path, error) };
  }
}

/** A file that is open for reading. */
export interface OpenFile extends Disposable {
  readonly descriptor: number;
  /** Its size when it was opened: what comes later is not looked at. */
  readonly bytes: number;
}

/** Opens a regular file; nothing else is ever opened, for a pipe would wait and a device may act. */
export function openPermitted(
  path: string,
  directories: readonly string[],
): OpenFile | { readonly failed: StepOutput } {
  const look = lookAt(path, directories);
  if ("failed" in look) return look;
  if (!look.stats.isFile()) {
    return { failed: failure(`${path} is ${kindOf(look.stats)}, expected a file`, "validation_failed") };
  }
  try {
    // Not blocking, and following no link: it may have become another thing since the look.
    return opened(
      path,
      openSync(look.path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW),
      directories,
    );
  } catch (error) {
    return { failed: unreadable(path, error) };
  }
}

function opened(path: string, descriptor: number, directories: readonly string[]): ReturnType<typeof openPermitted> {
  const stats = fstatSync(descriptor);
  const problem = !stats.isFile()
    ? failure(`${path} became ${kindOf(stats)} while it was opened`, "validation_failed")
    : liesInside(realPathOf(descriptor), directories)
      ? undefined
      : failure(`${path} was moved outside of the permitted directories while it was opened`, "sandbox_violation");
  if (problem === undefined) return { descriptor, bytes: stats.size, [Symbol.dispose]: () => closeSync(descriptor) };
  closeSync(descriptor);
  return { failed: problem };
}

/** Where the kernel says that an open file lies. */
function realPathOf(descriptor: number): string {
  return readlinkSync(`/proc/self/fd/${descriptor}`).replace(/ \(deleted\)$/, "");
}

function unreadable(path: string, error: unknown): StepOutput {
  const code = errorCode(error);
  if (code === "ENOENT") return failure(`${path} does not exist`, "validation_failed");
  return failure(
    `${path} cannot be read (${code})`,
    code === "EACCES" || code === "EPERM" ? "permanent" : "transient_io",
  );
}

/** What something is, in words. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return "a file";
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}
