import { z } from "zod";
import { SECRET_NAME } from "#effects";

const provider = z.strictObject({
  module: z
    .string()
    .min(1)
    .max(4096)
    .describe("Its file, relative to the configuration file, in one of handler_directories."),
  settings: z
    .record(z.string().max(128), z.unknown())
    .default({})
    .describe("What the module is given as it stands; no secrets."),
  secrets: z
    .array(z.string().regex(SECRET_NAME))
    .max(50)
    .default([])
    .describe("Names of the secrets that it is given. No other leaves the server."),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/), z.string().max(32_768))
    .default({})
    .describe("All variables of its process. Nothing of the server's own is handed on."),
  processes: z
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe("Processes at a time. Each has one call at a time; further calls wait within their limit."),
  memory_mb: z.int().min(64).max(65_536).default(256).describe("MiB of memory of one process; it is ended above that."),
  start_seconds: z
    .number()
    .positive()
    .max(600)
    .default(10)
    .describe("Seconds in which a process has to load the module and make it ready."),
});

/** Providers of others, each in processes of its own. */
export const providersSchema = z
  .array(provider)
  .max(50)
  .default([])
  .describe(
    "Providers of others, each {module, settings, secrets, environment, processes, memory_mb, start_seconds} in processes of its own; see docs/providers.md.",
  );
