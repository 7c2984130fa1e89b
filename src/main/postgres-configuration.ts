import { z } from "zod";
import { referenceSchema } from "./database-configuration.ts";

/** The tables in PostgreSQL that evidence is kept in. */
export const postgresSchema = z
  .strictObject({
    url: referenceSchema.describe("Where the address (postgres://…) of the server is read."),
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,49}$/, "the name of a schema has a-z 0-9 _, no digit first, at most 50")
      .default("verbatim_evidence")
      .describe("Name of the schema with the tables; it is made where it is not there."),
    connections: z.int().min(4).max(100).default(10).describe("Connections at most."),
    lease_seconds: z
      .number()
      .min(0.2)
      .max(3600)
      .default(15)
      .describe("A process that says nothing for so long loses its runs to whoever takes them over."),
    unavailable_seconds: z
      .number()
      .min(1)
      .max(86_400)
      .default(300)
      .describe("How long appends wait for a server that does not answer; then the store halts."),
  })
  .describe("The PostgreSQL server that evidence is kept on, with store: postgres; see docs/postgres-store.md.");
