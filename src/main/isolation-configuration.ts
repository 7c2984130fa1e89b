import { resolve } from "node:path";
import { z } from "zod";
import { ISOLATION_LEVELS, strongerOf } from "#effects";
import type { IsolationLevel, IsolationOptions } from "#effects";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const ID = z
  .int()
  .min(1)
  .max(2 ** 32 - 2);

const limits = z.strictObject({
  cpu_seconds: z.int().min(1).max(31_536_000).default(3600).describe("Processor time of one process, in seconds."),
  address_space_bytes: z
    .int()
    .min(16 * MIB)
    .max(1024 * GIB)
    .default(8 * GIB)
    .describe("Address space of one process, in bytes; many runtimes reserve more than they use."),
  file_bytes: z
    .int()
    .min(1)
    .max(1024 * GIB)
    .default(GIB)
    .describe("Size to which one process can write a file, in bytes."),
  open_files: z.int().min(16).max(1_048_576).default(1024).describe("Files that one process has open."),
  processes: z
    .int()
    .min(4)
    .max(4_194_304)
    .default(512)
    .describe("Processes and threads of the user as whom commands run, all of that user's counted together."),
});

const sandbox = z.strictObject({
  network: z.boolean().default(false).describe("Whether commands have the machine's network; false = none at all."),
  readable: z
    .array(z.string().min(1).max(4096))
    .max(100)
    .default([])
    .describe("Paths that commands may read beside programs and libraries, relative to the configuration file."),
  tmp_bytes: z
    .int()
    .min(4096)
    .max(64 * GIB)
    .default(64 * MIB)
    .describe("Bytes of a command's own /tmp, and as many of its own /dev/shm; both are memory."),
});

/** What the configuration says of the isolation of commands. */
export const isolationShape = {
  isolation: z
    .enum(ISOLATION_LEVELS)
    .default("group")
    .describe(
      "Isolation of every command: group = a process group; limited = limits, no new privileges, another user where the server is root; sandbox = that, and namespaces of its own.",
    ),
  run_as: z
    .strictObject({ uid: ID.describe("Number of the user."), gid: ID.describe("Number of the group.") })
    .optional()
    .describe(
      "As whom commands run from limited on; needed where the server is root, and only there. Steps may then demand limited.",
    ),
  limits: limits.optional().describe("Limits from limited on. Where they stand, steps may demand limited."),
  sandbox: sandbox.optional().describe("What a sandbox shows. Where it stands, steps may demand sandbox."),
};

const shape = z.strictObject(isolationShape);

/** The isolation that a section of `steps` configures: a level may be demanded if it is that of all, or what it needs stands there. */
export function isolationOptions(
  configured: z.output<typeof shape>,
  { base, state }: { readonly base: string; readonly state: string },
): IsolationOptions {
  const { isolation: level, run_as: runAs } = configured;
  const offered: IsolationLevel[] = [level];
  if (configured.limits !== undefined || runAs !== undefined) offered.push("limited");
  if (configured.sandbox !== undefined) offered.push("sandbox");
  const bounds = configured.limits ?? limits.parse({});
  const shown = configured.sandbox ?? sandbox.parse({});
  return {
    level,
    strongest: offered.reduce(strongerOf),
    ...(runAs !== undefined && { runAs }),
    limits: {
      cpuSeconds: bounds.cpu_seconds,
      addressSpaceBytes: bounds.address_space_bytes,
      fileBytes: bounds.file_bytes,
      openFiles: bounds.open_files,
      processes: bounds.processes,
    },
    sandbox: {
      network: shown.network,
      readable: shown.readable.map((path) => resolve(base, path)),
      // Beside the configuration it lies by default, as the working directory does.
      hidden: [state],
      tmpBytes: shown.tmp_bytes,
    },
  };
}
