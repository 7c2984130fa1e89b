import { z } from "zod";
import type { JsonObject, NotificationCause } from "#model";
import { LIMITS } from "#model";
import {
  directory,
  environment,
  gate,
  id,
  jobKey,
  PLAN_FILE_LIMITS,
  recovery,
  retry,
  seconds,
  stepType,
  text,
  variableName,
} from "./plan-terms.ts";

const command = z
  .union(
    [
      text(1, PLAN_FILE_LIMITS.commandCharacters),
      z.array(text(0, PLAN_FILE_LIMITS.commandCharacters)).min(1).max(PLAN_FILE_LIMITS.arguments),
    ],
    { error: "expected a command as one types it, or the list of its arguments" },
  )
  .describe(
    "A program and its arguments, as one types them or as a list. No shell reads it, unless allow_shell is true.",
  );

const step = z
  .strictObject({
    step_type: stepType
      .optional()
      .describe("Names what is done, for example command.run; `verbatim step-types` lists what can be."),
    target: text(0, LIMITS.targetCharacters).optional().describe("What the step acts on, for people and audit."),
    parameters: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("What the step type is given; at most 256 KiB as JSON."),
    command: command.optional(),
    timeout_seconds: seconds
      .optional()
      .describe("Limit on the step in seconds, fractions allowed. Default: that of the plan."),
  })
  .meta({ oneOf: [{ required: ["step_type"] }, { required: ["command"], not: { required: ["parameters"] } }] })
  .describe("One declared action: a step type with parameters, or a command.");

const steps = z.array(step).max(LIMITS.stepsPerJob);

const concurrency = z
  .strictObject({
    key: text(1, LIMITS.idCharacters).describe("Names what the jobs share, such as a database."),
    max: z.int().min(1).max(PLAN_FILE_LIMITS.workers).describe("So many of them at a time; the same in every job."),
  })
  .describe("At most max jobs with the same key run at a time, whatever run they belong to.");

const job = z
  .strictObject({
    description: text(0, PLAN_FILE_LIMITS.descriptionCharacters).optional().describe("What it is for, for people."),
    needs: z
      .array(z.string().max(PLAN_FILE_LIMITS.descriptionCharacters))
      .max(LIMITS.jobsPerPlan)
      .optional()
      .describe("Keys of jobs that have to succeed first."),
    command: command.optional().describe("Short for one step that runs this command."),
    steps: steps.optional().describe("What is done, in the order of execution."),
    pre_checks: steps.optional().describe("Performed before the steps: what has to hold for them."),
    post_checks: steps.optional().describe("Performed after the steps: what they have to have done."),
    gate: gate.optional(),
    retry: retry.optional(),
    timeout_seconds: seconds.optional().describe("Limit on each attempt in seconds. Default: none."),
    continue_on_error: z
      .boolean()
      .optional()
      .describe("Whether jobs that do not need it go on when it has failed; the run ends failed all the same."),
    recovery: recovery.optional(),
    probe: steps.optional().describe("Steps that find out whether a step in doubt took effect; with recovery: probe."),
    compensate: steps.optional().describe("Steps that undo the job in a rollback."),
    capabilities: z
      .array(stepType)
      .max(PLAN_FILE_LIMITS.capabilities)
      .optional()
      .describe("Step types that it may use. Default: those that it names."),
    artifacts: z
      .array(text(1, PLAN_FILE_LIMITS.pathCharacters))
      .max(PLAN_FILE_LIMITS.artifacts)
      .optional()
      .describe(
        "Patterns of files, relative to the working directory, whose digests are recorded; one without a file fails the job.",
      ),
    working_directory: directory.optional().describe("Where its commands run. Default: that of the plan."),
    environment: environment.optional().describe("Variables of its commands, over those of the plan."),
    concurrency: concurrency.optional(),
  })
  .meta({ oneOf: [{ required: ["command"] }, { required: ["steps"] }] })
  .describe("Steps that are performed in order, once, as one job. It has either command or steps.");

const defaults = z
  .strictObject({
    retry: retry.optional(),
    step_timeout_seconds: seconds.optional().describe("Limit on a step that names none. Default: 300."),
    recovery: recovery.optional(),
  })
  .describe("What holds for a job that does not say it itself.");

const addresses = z.array(text(1, PLAN_FILE_LIMITS.addressCharacters)).min(1).max(PLAN_FILE_LIMITS.recipients);

const notification = z
  .strictObject({
    on: z
      .array(z.enum(["success", "failure", "gate"] as const satisfies readonly NotificationCause[]))
      .min(1)
      .max(PLAN_FILE_LIMITS.causes)
      .describe(
        "When: success = the run succeeded; failure = it ended otherwise: failed, cancelled or rolled back; gate = it waits for somebody's approval.",
      ),
    email: z
      .strictObject({
        to: addresses.describe("Addresses without names; the server has to permit each of them."),
        cc: addresses.optional().describe("Who gets a copy, as all can see."),
      })
      .optional()
      .describe("A mail, sent by the step type email.send."),
    webhook: z
      .strictObject({
        url: text(1, PLAN_FILE_LIMITS.urlCharacters).describe("Where to; the server has to permit its host."),
      })
      .optional()
      .describe("A signed JSON body, posted by the step type webhook.post; docs/notifications.md has its form."),
  })
  .meta({ oneOf: [{ required: ["email"] }, { required: ["webhook"] }] })
  .describe("Who is told what of a run. It has either email or webhook.");

/** A plan file. Every unknown member is an error. */
export const planFileSchema = z
  .strictObject({
    $schema: z.string().max(4096).optional().describe("Where an editor finds this schema."),
    name: text(1, LIMITS.idCharacters).describe("What the plan is called."),
    contract_id: id.optional().describe("The contract under which its jobs are asked for. Default: direct."),
    max_workers: z
      .int()
      .min(1)
      .max(PLAN_FILE_LIMITS.workers)
      .optional()
      .describe("Jobs that run at the same time. Default: 4."),
    working_directory: directory
      .optional()
      .describe(
        "Where commands run, relative to where the run is asked for. Default: the first that the server permits.",
      ),
    inherit_env: z
      .array(variableName)
      .max(PLAN_FILE_LIMITS.variables)
      .optional()
      .describe("Variables that are taken over from the environment of whoever starts the run. Default: none."),
    environment: environment
      .optional()
      .describe("Variables of all commands. ${NAME} stands for the value of another one, here and in every step."),
    allow_shell: z
      .boolean()
      .optional()
      .describe(
        "Whether commands that are given as one text are left to /bin/sh, which the server has to permit. Default: false.",
      ),
    defaults: defaults.optional(),
    notifications: z
      .array(notification)
      .max(PLAN_FILE_LIMITS.notifications)
      .optional()
      .describe("Who is told of the plan's runs, by jobs of their own. Default: nobody."),
    jobs: z.record(jobKey, job).meta({ maxProperties: LIMITS.jobsPerPlan }).describe("Jobs by their keys."),
  })
  .describe("A plan of Verbatim: jobs and what each of them needs.");

/** A plan file as it was written. */
export type PlanFile = z.output<typeof planFileSchema>;
/** A job of a plan file. */
export type PlanFileJob = z.output<typeof job>;
/** A notification of a plan file. */
export type PlanFileNotification = z.output<typeof notification>;
/** A step of a plan file. */
export type PlanFileStep = z.output<typeof step>;
/** When a plan file's job is tried again. */
export type PlanFileRetry = z.output<typeof retry>;

/** JSON Schema (draft 2020-12) of a plan file. */
export function planSchema(): JsonObject {
  return z.toJSONSchema(planFileSchema, { io: "input" }) as JsonObject; // JSON by its making
}
