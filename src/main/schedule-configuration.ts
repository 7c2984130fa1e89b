import { z } from "zod";
import { cronTimes, isTimeZone } from "./cron.ts";

const variables = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "is not the name of a variable"), z.string().max(32_768))
  .default({})
  .describe("Variables that win over those of the plan and its jobs.");

const schedule = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "expected 1 to 64 of A-Z a-z 0-9 _ - with a letter or digit first")
      .describe("Names it, and is what the ids of its runs begin with."),
    plan: z.string().min(1).max(4096).describe("The plan file, relative to the configuration file."),
    cron: z
      .string()
      .min(1)
      .max(256)
      .describe("When: minute, hour, day of month, month, day of week, such as 0 3 * * 1-5."),
    time_zone: z
      .string()
      .min(1)
      .max(64)
      .default("UTC")
      .refine(isTimeZone, {
        error: ({ input }) =>
          `is no time zone that is known here: ${JSON.stringify(input)}; expected a name such as Europe/Berlin`,
      })
      .describe("The IANA time zone that cron is read in."),
    environment: variables,
    overlap: z
      .enum(["skip", "allow"])
      .default("skip")
      .describe("What a firing does while a run of the schedule has not ended: skip (default) starts nothing."),
    enabled: z.boolean().default(true).describe("Whether it fires."),
  })
  .superRefine(({ cron, time_zone: timeZone }, context) => {
    const times = cronTimes(cron, isTimeZone(timeZone) ? timeZone : "UTC");
    if ("problem" in times) context.addIssue({ code: "custom", path: ["cron"], message: times.problem });
  });

/** When which plan is run. */
export const schedulesSchema = z
  .array(schedule)
  .max(1000)
  .superRefine((schedules, context) => {
    for (const [at, { name }] of schedules.entries()) {
      if (schedules.findIndex((other) => other.name === name) === at) continue;
      context.addIssue({
        code: "custom",
        path: [at, "name"],
        message: `is ${JSON.stringify(name)}, as another one is; names are unique`,
      });
    }
  })
  .default([])
  .describe(
    "When which plan is run, each {name, plan, cron, time_zone, environment, overlap, enabled}; see docs/schedules.md.",
  );

/** A schedule as the configuration has it. */
export type ScheduleConfiguration = z.output<typeof schedule>;
