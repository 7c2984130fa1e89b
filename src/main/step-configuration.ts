import { z } from "zod";
import { SECRET_NAME } from "#effects";
import { sourceSchema } from "./database-configuration.ts";
import { isolationShape } from "./isolation-configuration.ts";

const commands = z.strictObject({
  executables: z
    .array(z.string().min(1).max(4096))
    .max(1000)
    .describe('Programs that may be started: absolute paths, or names looked up on PATH; "*" = any. Empty = none.'),
  working_directories: z
    .array(z.string().min(1).max(4096))
    .max(100)
    .default(["."])
    .describe("Directories in which steps may work, relative to the configuration file. The first is the default."),
  environment: z
    .record(z.string().max(128), z.string().max(32_768))
    .default({})
    .describe("Variables that every command gets. PATH has a safe default; nothing of the server's own is handed on."),
  allow_variables: z
    .array(z.string().max(128))
    .max(1000)
    .default([])
    .describe("Guarded variables (PATH, LD_PRELOAD, NODE_OPTIONS, ...) that a step may set all the same."),
  output_bytes: z.int().min(0).max(1_048_576).default(1_048_576).describe("Output kept of one step, in bytes."),
  kill_grace_ms: z.int().min(0).max(60_000).default(2000).describe("Milliseconds between TERM and KILL."),
  ...isolationShape,
});

const directories = z
  .array(z.string().min(1).max(4096))
  .min(1)
  .max(100)
  .describe("Directories in which files may be looked at, relative to the configuration file.");

const files = z.strictObject({ directories });

const scannedFiles = z.strictObject({
  directories,
  max_bytes: z.int().min(1).max(1_099_511_627_776).default(1_073_741_824).describe("Bytes of one file that are read."),
});

const hosts = z
  .array(z.string().min(3).max(300))
  .max(1000)
  .describe("host:port each, as URLs name them, such as example.com:443. Empty = none.");

const authorities = z
  .string()
  .min(1)
  .max(4096)
  .optional()
  .describe("Certificates (PEM) that are trusted in place of the system's, relative to the configuration file.");

const privateAddresses = z
  .array(z.string().min(3).max(64))
  .max(1000)
  .default([])
  .describe(
    "Ranges, such as 10.0.0.0/8, of addresses that are not public and that listed names may have. Empty = none.",
  );

const http = z.strictObject({ hosts, private_addresses: privateAddresses, ca_file: authorities });

const httpCall = z.strictObject({
  ...http.shape,
  timeout_seconds: z
    .number()
    .positive()
    .max(3600)
    .default(30)
    .describe("Seconds until the whole answer: what a step has, and the most that it may ask for."),
  body_bytes: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(1_048_576)
    .describe("Bytes of an answer that are read, after it was decoded."),
});

const secretReference = z.strictObject({ secretRef: z.string().regex(SECRET_NAME) });

const email = z.strictObject({
  smtp: z
    .strictObject({
      host: z.string().min(1).max(253).describe("The server that mail is handed to."),
      port: z.int().min(1).max(65_535).default(587).describe("Its TCP port."),
      security: z
        .enum(["starttls", "tls", "none"])
        .default("starttls")
        .describe("starttls and tls send nothing without encryption; none sends no password."),
      user: z.string().min(1).max(256).optional().describe("Who logs in."),
      password: secretReference.describe("The password of user, as {secretRef: NAME}.").optional(),
      ca_file: authorities,
      from: z.string().max(254).describe("The one address that mail comes from."),
      recipients: z
        .array(z.string().min(2).max(254))
        .max(1000)
        .describe("Who may get mail: addresses, and @domain for all of a domain. Empty = nobody."),
    })
    .describe("How mail is handed over."),
});

const webhook = z.strictObject({
  ...http.shape,
  signing_secret: secretReference.describe("What bodies are signed with, as {secretRef: NAME}."),
  timeout_seconds: z.number().positive().max(3600).default(30).describe("Seconds until the whole answer."),
});

const fileWrite = z.strictObject({
  directory: z
    .string()
    .min(1)
    .max(4096)
    .describe("Directory below which files are written, relative to the configuration file."),
  max_bytes: z.int().min(1).max(262_144).default(131_072).describe("Bytes of one file."),
});

const column = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "expected a name of letters, digits and _, as the database has it");

const entity = z.strictObject({
  table: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/, "expected table, or schema.table"),
  key: column,
  fields: z.record(column, z.enum(["string", "int", "double", "bool", "timestamp", "json"])),
  idempotency_column: column,
});

const entities = z.strictObject({
  database: sourceSchema.describe(
    "The application's database: {sqlite: path}, or {postgres: {environment: VARIABLE}}.",
  ),
  entities: z
    .record(column, entity)
    .describe(
      "What may be created, each {table, key, fields, idempotency_column}; the last is a column of text under a unique constraint.",
    ),
});

/** Step types with what each may do. */
export const stepsSchema = z
  .strictObject({
    "command.run": commands.describe("Runs programs without a shell.").optional(),
    "artifact.collect": files.describe("Takes the digests of files that a job has left.").optional(),
    "check.file_exists": files.describe("Looks whether a file is there.").optional(),
    "check.file_matches": scannedFiles.describe("Looks for a pattern in the lines of a file.").optional(),
    "check.log_clean": scannedFiles.describe("Looks for errors in a log.").optional(),
    "check.http_ok": http.describe("Asks a URL.").optional(),
    "check.command": commands.describe("Runs a program and compares what comes out.").optional(),
    "email.send": email.describe("Sends plain mail.").optional(),
    "entity.create": entities.describe("Adds records to an application's database.").optional(),
    "file.write": fileWrite.describe("Writes files below one directory.").optional(),
    "http.get": httpCall.describe("Asks a URL for what it has.").optional(),
    "http.post": httpCall.describe("Sends a body with POST.").optional(),
    "http.put": httpCall.describe("Sends a body with PUT.").optional(),
    "http.delete": httpCall.describe("Asks with DELETE.").optional(),
    "http.call": httpCall.describe("Asks with whichever method a step names.").optional(),
    "webhook.post": webhook.describe("Posts signed JSON.").optional(),
  })
  .default({})
  .describe("Step types with effects. What does not stand here is refused.");

/** What the configuration says of `command.run` and `check.command`. */
export type CommandConfiguration = z.output<typeof commands>;

/** What the configuration says of all step types that ask over HTTP. */
export type HttpConfiguration = z.output<typeof http>;
