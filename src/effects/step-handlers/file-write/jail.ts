import { closeSync, constants, openSync } from "node:fs";
import type { StepOutput } from "../../step-handler.ts";
import { errorCode, failure } from "../failure.ts";

/** A directory that stays open: what is done through it is done in it, wherever its path leads meanwhile. */
export interface OpenDirectory extends Disposable {
  readonly descriptor: number;
}

/** A directory below the jail, or the failed step. */
export type Opened = OpenDirectory | { readonly failed: StepOutput };

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** The path of a name within an open directory: the kernel goes on from the directory itself, as `openat` does. */
export function within({ descriptor }: OpenDirectory, name: string): string {
  return `/proc/self/fd/${descriptor}/${name}`;
}

/**
 * Opens the directory that `names` lead to below `jail`, one after the other, each from the one before it and following no link: there is
 * no moment at which somebody could put a link in the place of a directory that was looked at. The jail itself may be named by a link.
 */
export function openBelow(jail: string, names: readonly string[]): Opened {
  let at: OpenDirectory;
  try {
    at = directory(openSync(jail, O_RDONLY | O_DIRECTORY));
  } catch (error) {
    return {
      failed: failure(
        `the directory that is configured for file.write cannot be opened (${errorCode(error)})`,
        "permanent",
      ),
    };
  }
  for (const [depth, name] of names.entries()) {
    using last = at;
    try {
      at = directory(openSync(within(last, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    } catch (error) {
      return { failed: unopened(names.slice(0, depth + 1).join("/"), errorCode(error)) };
    }
  }
  return at;
}

function directory(descriptor: number): OpenDirectory {
  return { descriptor, [Symbol.dispose]: () => closeSync(descriptor) };
}

function unopened(path: string, code: string): StepOutput {
  if (code === "ENOENT") return failure(`the directory ${path} does not exist`, "validation_failed");
  // A link is no directory to the kernel that was told to follow none.
  if (code === "ENOTDIR" || code === "ELOOP")
    return failure(`${path} is a symbolic link or no directory, and none is followed`, "sandbox_violation");
  if (code === "EACCES" || code === "EPERM")
    return failure(`the directory ${path} cannot be opened (${code})`, "permanent");
  return failure(`the directory ${path} cannot be opened (${code})`, "transient_io");
}
