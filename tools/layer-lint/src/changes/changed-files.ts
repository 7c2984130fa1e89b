import { spawnSync } from "node:child_process";
import { posix } from "node:path";
import { UsageError } from "../usage-error.ts";

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** What git says of the files of a project; paths are from the project's root, also of files beside it. */
export interface Changes {
  /** As it was asked for. */
  readonly revision: string;
  /** Files that differ from the revision, and new ones that nobody committed yet. */
  readonly changed: ReadonlySet<string>;
  /** Files that git does not keep: of those nobody knows whether they changed. */
  isUnknown(file: string): boolean;
}

/**
 * The files that changed since `revision`, committed or not.
 * @param root - The project's folder.
 * @throws {UsageError} if there is no such revision, no repository, or no git.
 */
export function changedFiles(root: string, revision: string): Changes {
  const commit = git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`]);
  if (commit === undefined || commit.trim() === "") {
    throw new UsageError(`"${revision}" is no revision that git knows here. Fetch it, or name another.`);
  }
  const prefix = lines(git(root, ["rev-parse", "--show-prefix"]), "\n")[0] ?? "";
  const listed = (args: readonly string[]): string[] =>
    lines(git(root, args), "\0").map((path) => posix.relative(prefix, path));
  const differ = listed(["diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", commit.trim(), "--", ":/"]);
  const fresh = listed(["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/"]);
  const kept = new Set(listed(["ls-files", "--full-name", "-z", "--", ":/"]));
  return { revision, changed: new Set([...differ, ...fresh]), isUnknown: (file) => !kept.has(file) };
}

function lines(output: string | undefined, separator: string): string[] {
  if (output === undefined)
    throw new UsageError("git did not answer. Run it in a repository, or leave out --changed-since.");
  return output.split(separator).filter((line) => line !== "");
}

function git(root: string, args: readonly string[]): string | undefined {
  const { status, stdout, error } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error !== undefined) throw new UsageError(`git cannot be run: ${error.message}`);
  return status === 0 ? stdout : undefined;
}
