import { createHash } from "node:crypto";
import { globSync, readSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { join, relative } from "node:path";
import { z } from "zod";
import type { JsonObject } from "#model";
import type { StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure } from "./failure.ts";
import { declaredPath, lookAt, openPermitted, pathViolations, requireDirectories } from "./files/permitted-file.ts";
import type { FileCheckOptions } from "./files/permitted-file.ts";

const NAME = "artifact.collect";
const PATTERNS = 100;
const FILES = 5000;
const CHUNK_BYTES = 256 * 1024;

const pattern = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))/, "is no pattern below the working directory");

const form = parametersForm(
  NAME,
  z.strictObject({
    patterns: z
      .array(pattern)
      .min(1)
      .max(PATTERNS)
      .describe("Glob patterns, relative to the working directory. Each has to match a file."),
    working_directory: declaredPath.optional().describe("Default: the first directory that the server permits."),
  }),
);

/**
 * Makes the step type `artifact.collect`: takes the SHA-256 of files, so that evidence says which bytes a job has left. It
 * changes nothing. A pattern that matches no file is `validation_failed`.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createArtifactCollect(options: FileCheckOptions): StepType {
  requireDirectories(options, NAME);
  const { directories } = options;
  return declaredStepType(form, {
    notPermitted: ({ working_directory: directory }) =>
      pathViolations(directory, directories).map(({ description }) => ({ field: "working_directory", description })),
    perform: (declared, { signal }) => collect(declared, { directories, signal }),
  });
}

interface Collecting {
  readonly directories: readonly string[];
  readonly signal: AbortSignal;
}

async function collect(
  {
    patterns,
    working_directory: declared = ".",
  }: { patterns: readonly string[]; working_directory?: string | undefined },
  { directories, signal }: Collecting,
): Promise<StepOutput> {
  const look = lookAt(declared, directories);
  if ("failed" in look) return look.failed;
  if (!look.stats.isDirectory()) return failure(`${declared} is no directory`, "validation_failed");
  const found = new Set<string>();
  for (const wanted of patterns) {
    const matches = globSync(wanted, { cwd: look.path, withFileTypes: true }).filter((entry) => !entry.isDirectory());
    if (matches.length === 0) return failure(`no file matches ${wanted} in ${declared}`, "validation_failed");
    for (const entry of matches) found.add(relative(look.path, join(entry.parentPath, entry.name)));
    if (found.size > FILES)
      return failure(`more than ${FILES} files match: pack them, or name fewer`, "validation_failed");
  }
  const artifacts: JsonObject[] = [];
  for (const path of [...found].sort()) {
    const taken = await digestOf(join(look.path, path), { directories, signal });
    if ("failed" in taken) return taken.failed;
    artifacts.push({ path, ...taken });
  }
  return { success: true, output: { artifacts } };
}

type Taken = { readonly sha256: string; readonly size: number };

/** The digest of a file's bytes as they are now, in pieces, so that others get their turn. */
async function digestOf(
  path: string,
  { directories, signal }: Collecting,
): Promise<Taken | { readonly failed: StepOutput }> {
  const file = openPermitted(path, directories);
  if ("failed" in file) return file;
  using open = file;
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let size = 0;
  for (;;) {
    if (signal.aborted) return { failed: failure("stopped before its end", "unknown") };
    const read = readSync(open.descriptor, chunk, 0, chunk.length, null);
    if (read === 0) return { sha256: hash.digest("hex"), size };
    hash.update(chunk.subarray(0, read));
    size += read;
    if (size > open.bytes) return { failed: failure(`${path} grew while its digest was taken`, "transient_io") };
    await turn();
  }
}
