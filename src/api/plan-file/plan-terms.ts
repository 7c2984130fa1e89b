import { z } from "zod";
import { LIMITS } from "#model";
import type { ErrorClass, Gate, Recovery } from "#model";
import { shown } from "./plan-messages.ts";

/** Bounds of a plan file that the model does not know. */
export const PLAN_FILE_LIMITS = {
  fileBytes: 8 * 1024 * 1024,
  descriptionCharacters: 4096,
  commandCharacters: 256 * 1024,
  arguments: 1000,
  pathCharacters: 4095,
  variables: 1000,
  variableCharacters: 32_768,
  capabilities: 1000,
  artifacts: 1000,
  exitCodes: 256,
  workers: 256,
  attempts: 100,
  backoffFactor: 10,
  notifications: 20,
  causes: 3,
  recipients: 50,
  addressCharacters: 254,
  urlCharacters: 2048,
} as const;

/** A text of a given form; `expected` says which. */
function form(pattern: RegExp, expected: string): z.ZodString {
  return z.string().regex(pattern, { error: ({ input }) => `is ${shown(input)}; expected ${expected}` });
}

const wellFormed = (value: string): boolean => value.isWellFormed() && !value.includes("\0");

/** A text that a program or a record can be given. */
export function text(min: number, max: number): z.ZodString {
  return z
    .string()
    .min(min)
    .max(max)
    .refine(wellFormed, "has a NUL character or a lone surrogate, which nothing takes");
}

/** Names a contract. */
export const id = form(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
  "1 to 128 of A-Z a-z 0-9 . _ - with a letter or digit first",
);

/** Names a job in its plan. */
export const jobKey = form(
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  `1 to ${LIMITS.jobKeyCharacters} of A-Z a-z 0-9 _ - with a letter or digit first`,
);

/** Names a step type. */
export const stepType = form(/^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*$/, "a name such as command.run").max(
  LIMITS.idCharacters,
);

/** Names a variable of an environment. */
export const variableName = form(
  /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  "the name of a variable: A-Z a-z 0-9 _ with no digit first, at most 128",
);

/** A limit in seconds. */
export const seconds = z.number().positive().max(LIMITS.timeoutSeconds);

/** A directory. */
export const directory = text(1, PLAN_FILE_LIMITS.pathCharacters);

/** Variables by name. Numbers and truth values become text, as they are written. */
export const environment = z
  .record(
    variableName,
    z.union([text(0, PLAN_FILE_LIMITS.variableCharacters), z.number(), z.boolean()], {
      error: ({ input }) =>
        input === null ? 'is nothing; write "" for an empty value' : "expected a text, a number, true or false",
    }),
  )
  .refine((values) => Object.keys(values).length <= PLAN_FILE_LIMITS.variables, {
    error: `has more than ${PLAN_FILE_LIMITS.variables} variables`,
  })
  .meta({ maxProperties: PLAN_FILE_LIMITS.variables });

const RECOVERIES = ["operator", "idempotent", "rerun", "probe"] as const satisfies readonly Recovery[];
const GATES = ["hard", "manual"] as const satisfies readonly Gate[];

/** What is done about a step in doubt. */
export const recovery = z
  .enum(RECOVERIES)
  .describe(
    "What a resume does about a step that was started and has no recorded end: operator (default) asks somebody, idempotent and rerun perform it again, probe looks first.",
  );

/** What stands over a job. */
export const gate = z
  .enum(GATES)
  .describe("hard: its failure fails the run and skips all that needs it. manual: somebody has to approve it first.");

/** Failures that another attempt may go better than. */
const RETRIED = [
  "transient_io",
  "timeout",
  "validation_failed",
  "contract_input_missing",
  "handler_contract",
  "unknown",
] as const satisfies readonly ErrorClass[];

const NEVER_RETRIED: readonly unknown[] = [
  "sandbox_violation",
  "permanent",
  "hard_gate_failed",
  "cancelled",
  "in_doubt",
] satisfies readonly ErrorClass[];

const retriedClass = z.enum(RETRIED, {
  error: ({ input }) => {
    const never = NEVER_RETRIED.includes(input) ? ", which is never tried again" : "";
    return `is ${shown(input)}${never}; expected one of ${RETRIED.join(", ")}`;
  },
});

const backoff = z
  .strictObject({
    base_seconds: seconds.optional().describe("Seconds before the second attempt. Default: 2."),
    factor: z
      .number()
      .min(1)
      .max(PLAN_FILE_LIMITS.backoffFactor)
      .optional()
      .describe("Each wait is so many times the one before. Default: 2."),
    max_seconds: seconds.optional().describe("No wait is longer, jitter included. Default: 60."),
    jitter: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("Each wait is changed by up to this share of it, either way. Default: 0.1."),
  })
  .describe("How long the waits between attempts are.");

/** When a failed attempt is followed by another one. */
export const retry = z
  .strictObject({
    max_attempts: z
      .int()
      .min(1)
      .max(PLAN_FILE_LIMITS.attempts)
      .optional()
      .describe("All attempts together, the first included. Default: 1, which is no retry."),
    on: z
      .array(retriedClass)
      .min(1)
      .max(RETRIED.length)
      .optional()
      .describe(
        "Only failures of these classes are tried again. Default: transient_io. A command that ends with an unexpected exit code is unknown.",
      ),
    on_exit_codes: z
      .array(z.int().min(0).max(255))
      .min(1)
      .max(PLAN_FILE_LIMITS.exitCodes)
      .optional()
      .describe("If given, the command's exit code has to be one of these as well."),
    backoff: backoff.optional(),
    max_elapsed_seconds: seconds
      .optional()
      .describe("No attempt is started so many seconds after the first. Default: no limit."),
  })
  .describe("When a failed attempt is followed by another one.");
