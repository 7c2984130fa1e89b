import { z } from "zod";

const HEADER_NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;
const header = z.string().regex(HEADER_NAME, "the name of a header has 1 to 64 letters, digits and dashes");

const secret = z.union(
  [
    z.strictObject({ file: z.string().min(1).max(4096).describe("A file that others may not open.") }),
    z.strictObject({
      environment: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
        .describe("A variable of the server's own environment."),
    }),
  ],
  { error: "expected {file: path} or {environment: VARIABLE}: without a secret nothing is taken in" },
);

const pointer = z
  .string()
  .max(256)
  .regex(/^(?:\/(?:[^/~]|~[01])*)*$/, "is no JSON pointer, such as /issue; empty = the whole body");

const operation = z.enum(["create", "update", "delete"]);

/** Between what is signed stand characters that no id has: so no two deliveries are signed by one text. */
const SIGNED = /^(?:[A-Za-z0-9]{1,16}[.:|])?(?:\{(?:id|timestamp)\}[.:|]){0,2}\{body\}$/;

const endpoint = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/webhooks\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "expected /webhooks/ and 1 to 64 of A-Z a-z 0-9 . _ -")
      .describe("Where deliveries come: /webhooks/ and a name."),
    secret: secret.describe("Where the secret is read that the sender signs with: 16 bytes or more."),
    header: header.describe("Header with the signature."),
    scheme: z
      .enum(["sha256-hex", "sha256-base64"])
      .describe("HMAC-SHA-256, written in hexadecimal (lower case) or in base64."),
    prefix: z
      .string()
      .max(32)
      .regex(/^[\x21-\x7e]*$/)
      .default("")
      .describe("What stands before the signature in its header, such as sha256=."),
    delivery_header: header.describe("Header with the id of a delivery, which a repeated one has again."),
    timestamp_header: header
      .optional()
      .describe("Header with the seconds since 1970 at which a delivery was signed; what is old is refused."),
    tolerance_seconds: z
      .int()
      .min(1)
      .max(3600)
      .default(300)
      .describe("How far the time of a delivery may be from now, where there is a timestamp_header."),
    signed: z
      .string()
      .regex(SIGNED, "expected {body}, or {id} and {timestamp} before it with one of . : | behind each")
      .optional()
      .describe(
        "What is signed; default {body}, with a timestamp_header {timestamp}.{body}. Such as v0:{timestamp}:{body}, {id}.{timestamp}.{body}.",
      ),
    once_per: z
      .enum(["delivery", "body"])
      .default("delivery")
      .describe(
        "What is done once: what comes under one delivery id, or what has one body. The latter where the id is not signed and no two bodies are the same.",
      ),
    max_bytes: z
      .int()
      .min(1)
      .max(4_194_304)
      .default(1_048_576)
      .describe("Largest body; of a larger one no more is read."),
    body_seconds: z.number().min(0.1).max(9).default(5).describe("How long a body may take to come."),
    entity: z.string().min(1).max(128).describe("Entity of the file of hooks whose record was changed."),
    operation: z
      .union([
        operation,
        z.strictObject({
          at: pointer.describe("Where in the body the word stands."),
          is: z.record(z.string().min(1).max(128), operation).describe("Which word is which operation."),
        }),
      ])
      .describe(
        "create, update or delete; or {at: pointer, is: {word: operation}}, where other words ask for nothing.",
      ),
    record: pointer
      .default("")
      .describe("Where in the body the record stands, as a JSON pointer; empty = the whole body."),
    old: pointer.optional().describe("Where in the body the record as it was before stands."),
  })
  .superRefine(({ timestamp_header: timestamp, signed }, context) => {
    const names = signed?.includes("{timestamp}") === true;
    if (signed === undefined || names === (timestamp !== undefined)) return;
    const message = names
      ? "speaks of {timestamp}, and there is no timestamp_header"
      : "leaves {timestamp} out: a time that is not signed keeps nothing old away";
    context.addIssue({ code: "custom", path: ["signed"], message });
  });

/** Endpoints of the side port that take signed deliveries of other systems. */
export const webhooksSchema = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, "a name has 1 to 32 of a-z 0-9 _ - with a letter first"),
    endpoint,
  )
  .refine((endpoints) => Object.keys(endpoints).length <= 100, "has more than 100 endpoints")
  .default({})
  .describe("Deliveries of other systems that are taken as changes, by a name each; see docs/webhooks.md.");

/** An endpoint with all defaults filled in. */
export type WebhookConfiguration = z.output<typeof endpoint>;
