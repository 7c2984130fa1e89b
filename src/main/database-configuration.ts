import { z } from "zod";

/** Where an address is read, which may hold a password. */
export const referenceSchema = z.union(
  [
    z.strictObject({ file: z.string().min(1).max(4096).describe("A file that others may not open.") }),
    z.strictObject({
      environment: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
        .describe("A variable of the server's own environment."),
    }),
  ],
  {
    error:
      "expected {file: path} or {environment: VARIABLE}: an address with a password stands in neither this file nor a log",
  },
);

/** An application's database. */
export const sourceSchema = z.union(
  [
    z.strictObject({ sqlite: z.string().min(1).max(4096).describe("The application's file, relative to this one.") }),
    z.strictObject({ postgres: referenceSchema.describe("Where its address (postgres://…) is read.") }),
  ],
  { error: "expected {sqlite: path} or {postgres: {environment: VARIABLE}}" },
);
