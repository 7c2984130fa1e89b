import { z } from "zod";
import { SECRET_NAME } from "#effects";
import { hooksSchema, jobsSchema } from "./hook-configuration.ts";
import { identitySchema } from "./identity-configuration.ts";
import { platformSchema } from "./platform-configuration.ts";
import { providersSchema } from "./provider-configuration.ts";
import { postgresSchema } from "./postgres-configuration.ts";
import { schedulesSchema } from "./schedule-configuration.ts";
import { stepsSchema } from "./step-configuration.ts";
import { workersSchema } from "./worker-configuration.ts";
import { webhooksSchema } from "./webhook-configuration.ts";
import { clientSchema, tlsSchema } from "./tls-configuration.ts";

const secretName = z
  .string()
  .regex(SECRET_NAME, "the name of a secret has 1 to 64 of A-Z a-z 0-9 _ . - with a letter first");

const secretSource = z.union(
  [
    z.strictObject({
      file: z
        .string()
        .min(1)
        .max(4096)
        .describe("A file of at most 16 KiB, relative to the configuration file, that others may not open."),
    }),
    z.strictObject({
      environment: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
        .describe("A variable of the server's own environment."),
    }),
  ],
  { error: "expected {file: path} or {environment: VARIABLE}, and nothing else" },
);

/** The configuration file. Every member may be left out; an unknown one is an error. */
export const configurationSchema = z
  .strictObject({
    $schema: z.string().max(4096).optional().describe("Where an editor finds this schema."),
    state: z
      .string()
      .min(1)
      .max(4096)
      .default(".verbatim")
      .describe("State directory, relative to the configuration file."),
    store: z
      .enum(["sqlite", "jsonl", "postgres", "memory"])
      .default("sqlite")
      .describe("Where evidence is kept. memory is lost with the process; postgres may be shared by several servers."),
    postgres: postgresSchema.optional(),
    listen: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(
        "unix:/path or host:port, off loopback with tls; default: the socket verbatim.sock in the state directory.",
      ),
    no_token: z
      .boolean()
      .default(false)
      .describe("Said aloud: loopback TCP without a token, open to every local user."),
    insecure: z
      .boolean()
      .default(false)
      .describe("Said aloud: TCP off loopback without TLS; whoever is on the way reads the token."),
    tls: tlsSchema.optional(),
    client: clientSchema.optional(),
    identity: identitySchema.optional(),
    reflection: z.boolean().default(false).describe("Whether the server describes its services to whoever asks."),
    http: z
      .strictObject({
        listen: z.string().min(1).max(256).describe("host:port; off loopback with tls, on loopback plain."),
      })
      .optional()
      .describe(
        "The same services over HTTP/1.1 (Connect protocol, JSON) for browsers and curl; with the token, off loopback with what tls asks for.",
      ),
    ledger: z
      .strictObject({
        origin: z
          .string()
          .min(1)
          .max(256)
          .optional()
          .describe(
            "Name of the ledger in its checkpoints, such as example.com/ledger; default: made of the key's id.",
          ),
      })
      .prefault({})
      .describe("The ledger of all runs."),
    signing: z
      .strictObject({
        algorithm: z
          .enum(["ed25519", "ecdsa-p256"])
          .default("ed25519")
          .describe("Kind of the key that is made where there is none yet."),
        key_file: z
          .string()
          .min(1)
          .max(4096)
          .optional()
          .describe("Private key, PEM, mode 0600; default: keys/signing.pem in the state directory."),
        socket: z
          .string()
          .min(1)
          .max(100)
          .optional()
          .describe("Unix socket of a signer in another process (`verbatim signer`), in place of a key file."),
      })
      .prefault({})
      .describe("What signs the evidence."),
    mirror: z.boolean().default(true).describe("Whether each run's lines are also written to runs/RUN/events.jsonl."),
    reserve_bytes: z
      .int()
      .min(0)
      .max(1_073_741_824)
      .default(4_194_304)
      .describe(
        "Held back on the disk for the last words of running jobs. When no more than this is free beside it, jobs are stopped and refused. 0 = none.",
      ),
    active_jobs: z.int().min(1).max(10_000).default(256).describe("Jobs that may run at the same time."),
    drain_seconds: z.number().min(0).max(3600).default(30).describe("How long a stop waits for running jobs."),
    log_level: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info").describe("Log on stderr."),
    secrets: z
      .record(secretName, secretSource)
      .default({})
      .describe("Secrets by name, each {file: path} or {environment: VARIABLE}. Steps name them; see docs/secrets.md."),
    governance: z
      .enum(["open", "required"])
      .default("open")
      .describe(
        "open: whoever reaches the server may have jobs and plans run, and every log says so. required: nothing runs but the job of an approved contract.",
      ),
    contracts: z
      .strictObject({
        requests_per_minute: z
          .int()
          .min(1)
          .max(10_000)
          .default(60)
          .describe("New requests that each source may make in a minute."),
        settle_seconds: z
          .number()
          .min(0)
          .max(3600)
          .default(0)
          .describe("Seconds between a job's end and its audit, in which somebody may see that it did harm."),
        stabilisation_hours: z
          .number()
          .positive()
          .max(8760)
          .default(24)
          .describe("Hours that a stage of a rollout has to last before the next."),
      })
      .prefault({})
      .describe("Requests and contracts; see docs/governance.md."),
    steps: stepsSchema,
    platform: platformSchema.optional(),
    hooks: hooksSchema.optional(),
    jobs: jobsSchema.prefault({}),
    webhooks: webhooksSchema,
    development: z
      .boolean()
      .default(false)
      .describe(
        "Whether http.listen shows /_dev/jobs/stats and /_dev/jobs/dead, to whoever has the token. For loopback alone, and never for production.",
      ),
    schedules: schedulesSchema,
    handler_directories: z
      .array(z.string().min(1).max(4096))
      .max(100)
      .default([])
      .describe(
        "Directories from which handlers may be loaded, relative to the configuration file; only root and the server's user may write there.",
      ),
    handlers: z
      .array(z.string().min(1).max(4096))
      .max(100)
      .default([])
      .describe("Modules with step types of one's own, loaded at the start; they may do all that the server may."),
    providers: providersSchema,
    workers: workersSchema.optional(),
  })
  .superRefine(({ store, postgres }, context) => {
    if ((store === "postgres") === (postgres !== undefined)) return;
    const message =
      postgres === undefined ? "is missing; store: postgres needs its url" : `is given, and the store is ${store}`;
    context.addIssue({ code: "custom", path: ["postgres"], message });
  })
  .superRefine(({ store, workers, governance, platform }, context) => {
    if (workers === undefined) return;
    const refuse = (message: string): void => context.addIssue({ code: "custom", path: ["workers"], message });
    if (store !== "postgres") refuse(`is given, and the store is ${store}; workers need store: postgres`);
    if (governance === "required" || platform !== undefined)
      refuse(
        "is given beside `governance: required` or `platform`: what contracts approve is performed by the server itself",
      );
  })
  .describe("Configuration of Verbatim (verbatim.yaml).");

/** A configuration with all defaults filled in. */
export type Configuration = z.output<typeof configurationSchema>;
