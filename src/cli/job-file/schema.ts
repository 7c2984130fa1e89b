import { z } from "zod";
import type { JsonObject } from "#model";
import { LIMITS } from "#model";

/** Limit on a step that names none, in seconds. */
export const DEFAULT_STEP_TIMEOUT_SECONDS = 300;

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const STEP_TYPE = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*$/;

const id = z.string().regex(ID, "expected 1 to 128 of A-Z a-z 0-9 . _ - with a letter or digit first");
const wellFormed = (text: string): boolean => text.isWellFormed();
const name = z.string().min(1).max(LIMITS.idCharacters).refine(wellFormed, "has a lone surrogate");
const seconds = z.number().positive().max(LIMITS.timeoutSeconds);

const step = z
  .strictObject({
    step_index: z.int().min(0).optional().describe("0-based; may be left out, and must equal the position if given."),
    step_type: z
      .string()
      .max(LIMITS.idCharacters)
      .regex(STEP_TYPE, "expected a name such as command.run")
      .describe("Names what is done, for example command.run; `verbatim step-types` lists what can be."),
    target: z
      .string()
      .max(LIMITS.targetCharacters)
      .refine(wellFormed, "has a lone surrogate")
      .default("")
      .describe("What the step acts on, for people and audit."),
    parameters: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("What the step type is given; at most 256 KiB as JSON."),
    timeout_seconds: seconds
      .default(DEFAULT_STEP_TIMEOUT_SECONDS)
      .describe("Limit on the step in seconds, fractions allowed."),
  })
  .describe("One declared action.");

/** A job file: what `verbatim exec` reads. Every unknown member is an error. */
export const jobFileSchema = z
  .strictObject({
    $schema: z.string().max(4096).optional().describe("Where an editor finds this schema."),
    job_id: id
      .optional()
      .describe("Executed at most once, ever; the same id with the same job attaches. Default: a new id each time."),
    contract_id: id.optional().describe("The contract under which the job is asked for. Default: direct."),
    executed_by: name.optional().describe("Who asks, for the record. Default: the user's name."),
    job_timeout_seconds: seconds.optional().describe("Limit on the whole job in seconds. Default: none."),
    steps: z.array(step).max(LIMITS.stepsPerJob).describe("In the order of execution."),
  })
  .describe("A job of Verbatim: an ordered list of steps, performed once, in order, stopping at the first failure.");

/** A job file with its defaults filled in. */
export type JobFile = z.output<typeof jobFileSchema>;

/** JSON Schema (draft 2020-12) of a job file. */
export function jobSchema(): JsonObject {
  return z.toJSONSchema(jobFileSchema, { io: "input" }) as JsonObject; // JSON by its making
}
