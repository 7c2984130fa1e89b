import { z } from "zod";
import { isCapabilityName } from "#model";

const capability = z.strictObject({
  name: z
    .string()
    .max(64)
    .refine(isCapabilityName, {
      error: ({ input }) =>
        `is ${JSON.stringify(input)}; expected SYSTEM, or 1 to 64 of a-z 0-9 _ . - with a letter or digit first, and not "system"`,
    })
    .describe("Names it; SYSTEM stands for the platform itself."),
  frozen: z.boolean().default(false).describe("Whether nothing may touch it at present."),
});

/** The platform that steps may change. */
export const platformSchema = z
  .strictObject({
    capabilities: z
      .array(capability)
      .max(1000)
      .superRefine((capabilities, context) => {
        for (const [at, { name }] of capabilities.entries()) {
          if (capabilities.findIndex((other) => other.name === name) === at) continue;
          const message = `is ${JSON.stringify(name)}, as another one is; names are unique`;
          context.addIssue({ code: "custom", path: [at, "name"], message });
        }
      })
      .describe("The capabilities that there are, each {name, frozen}. One that does not stand here is not known."),
    system_pre_approved: z
      .boolean()
      .default(false)
      .describe("Whether a person has approved beforehand that requests touch SYSTEM."),
  })
  .describe("The platform: capabilities and configuration that steps change, and what is said about their health.");
