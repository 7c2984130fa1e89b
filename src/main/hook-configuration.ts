import { z } from "zod";
import { reference } from "./reference.ts";

const source = z.union(
  [
    z.strictObject({ sqlite: z.string().min(1).max(4096).describe("The application's file, relative to this one.") }),
    z.strictObject({ postgres: reference.describe("Where its address (postgres://…) is read.") }),
  ],
  { error: "expected {sqlite: path} or {postgres: {environment: VARIABLE}}" },
);

/** Hooks: what is to run after a change. */
export const hooksSchema = z
  .strictObject({
    file: z.string().min(1).max(4096).describe("The file of hooks, relative to this one; see docs/hooks.md."),
    reload_seconds: z
      .number()
      .min(0)
      .max(3600)
      .default(2)
      .describe("How often the file is looked at for changes. 0 = never: it is read at the start alone."),
    outbox: z
      .boolean()
      .default(false)
      .describe(
        "Whether changes are taken from the table verbatim_outbox of source; `verbatim hooks outbox` prints the SQL that makes it.",
      ),
    outbox_seconds: z
      .number()
      .min(0.05)
      .max(3600)
      .default(1)
      .describe("How often the outbox is looked at, where the database does not tell of new rows."),
    source: source.optional().describe("The application's database, in which `needs` are followed. It is only read."),
  })
  .superRefine(({ outbox, source: named }, context) => {
    if (outbox && named === undefined)
      context.addIssue({
        code: "custom",
        path: ["source"],
        message: "is missing; an outbox is in the application's database",
      });
  })
  .describe("Hooks: which jobs are to run after a change of the application's records.");

/** Workers and their queue. */
export const jobsSchema = z
  .strictObject({
    backend: z
      .enum(["sqlite", "memory", "postgres", "redis"])
      .default("sqlite")
      .describe(
        "What hands work to the workers. What work there is, and how far it has got, is in work.db whatever stands here.",
      ),
    url: reference.optional().describe("Where the address of the queue's server is read; for postgres and redis."),
    concurrency: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe("Workers: pieces of work that are done at the same time."),
    capacity: z.int().min(1).max(10_000_000).default(100_000).describe("Work that may be open; more is refused."),
    lease_seconds: z
      .number()
      .min(5)
      .max(3600)
      .default(60)
      .describe("How long a worker's claim holds without a word from it."),
    keep_days: z
      .number()
      .min(0)
      .max(3650)
      .default(30)
      .describe("How long completed and discarded work is kept. Dead letters and evidence stay."),
  })
  .superRefine(({ backend, url }, context) => {
    const needsUrl = backend === "postgres" || backend === "redis";
    if (needsUrl === (url !== undefined)) return;
    const message = needsUrl
      ? `is missing; the backend ${backend} needs it`
      : `is given, and the backend ${backend} has no server`;
    context.addIssue({ code: "custom", path: ["url"], message });
  })
  .describe("Workers, and the queue that hands them work.");
