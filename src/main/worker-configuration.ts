import { z } from "zod";
import { referenceSchema } from "./database-configuration.ts";

/** Processes of their own that perform the steps. */
export const workersSchema = z
  .strictObject({
    queue: z
      .strictObject({
        backend: z
          .enum(["postgres", "redis"])
          .default("postgres")
          .describe("What prompts the workers. Which work there is, and who has it, stands in the evidence store."),
        url: referenceSchema
          .optional()
          .describe(
            "Where the address of the queue's server is read. Postgres without it = the server of the evidence.",
          ),
      })
      .prefault({})
      .superRefine(({ backend, url }, context) => {
        if (backend === "redis" && url === undefined)
          context.addIssue({ code: "custom", path: ["url"], message: "is missing; the backend redis needs it" });
      })
      .describe("What hands the workers the ids of the work."),
    scheduler: z
      .boolean()
      .default(true)
      .describe("Whether this server drives plans as well; false = `verbatim scheduler` processes do."),
  })
  .describe("Steps are performed by `verbatim worker` processes, and not by this server. It needs store: postgres.");
