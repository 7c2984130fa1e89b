import { z } from "zod";
import type { ErrorClass, FieldType, JsonObject } from "#model";
import { HOOK_LIMITS, LIMITS } from "#model";
import { shown } from "../plan-file/plan-messages.ts";
import { stepType, text } from "../plan-file/plan-terms.ts";

function form(pattern: RegExp, expected: string): z.ZodString {
  return z.string().regex(pattern, { error: ({ input }) => `is ${shown(input)}; expected ${expected}` });
}

function atMost<Item extends z.ZodType>(key: z.ZodString, item: Item, max: number): z.ZodRecord<z.ZodString, Item> {
  return z
    .record(key, item)
    .refine((map) => Object.keys(map).length <= max, { error: `has more than ${max} members` })
    .meta({ maxProperties: max });
}

const name = form(
  /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
  `1 to ${HOOK_LIMITS.nameCharacters} of A-Z a-z 0-9 _ with no digit first`,
);
const reference = text(1, LIMITS.idCharacters);

const FIELD_TYPES = ["string", "int", "double", "bool", "timestamp", "json"] as const satisfies readonly FieldType[];

const relation = z
  .strictObject({
    one: reference.optional().describe("The entity that one record at most is of: column of this table holds its key."),
    many: reference
      .optional()
      .describe("The entity that any number of records are of: column of their table holds this one's key."),
    column: name.describe("With one: a field of this entity; with many: a field of the other."),
  })
  .meta({ oneOf: [{ required: ["one"] }, { required: ["many"] }] })
  .describe("How this entity leads to another one. It has either one or many.");

/** One entity of a file of hooks. */
export const entitySchema = z
  .strictObject({
    table: text(1, HOOK_LIMITS.tableCharacters).describe(
      "Its table, exactly as the database has it; schema.table names the schema too.",
    ),
    key: name.describe("Column of the primary key; one of fields, and int or string."),
    fields: atMost(name, z.enum(FIELD_TYPES), HOOK_LIMITS.fieldsPerEntity).describe(
      "Columns that hooks may see, each with what it holds. No other column is ever read.",
    ),
    relations: atMost(name, relation, HOOK_LIMITS.relationsPerEntity)
      .optional()
      .describe("How it leads to others, by name."),
  })
  .describe("A table of the application, as hooks speak of it.");

const RETRIED = ["transient_io", "timeout", "unknown"] as const satisfies readonly ErrorClass[];

const retry = z
  .strictObject({
    attempts: z
      .int()
      .min(1)
      .max(HOOK_LIMITS.attempts)
      .optional()
      .describe(
        "All attempts together, the first included. Default: 3. The wait behind attempt n is n² seconds, a tenth more or less, at most 5 minutes.",
      ),
    on: z
      .array(z.enum(RETRIED))
      .min(1)
      .max(RETRIED.length)
      .optional()
      .describe(
        "Only failures of these classes are tried again. Default: transient_io and timeout. After a timeout an effect may have happened: leave it out where that matters.",
      ),
  })
  .describe("When a failed attempt is followed by another one.");

const expression = z.string().min(1).max(HOOK_LIMITS.expressionCharacters);

/** One job of a file of hooks. */
export const jobSchema = z
  .strictObject({
    input: reference.describe("The entity whose record triggers it."),
    needs: z
      .string()
      .max(1024)
      .optional()
      .describe(
        "From that entity the names of relations, one after the other: Ticket.org.members. Default: the triggering record itself.",
      ),
    where: expression.optional().describe("CEL over record and trigger: which of the records. Default: all."),
    take: z
      .array(reference)
      .min(1)
      .max(HOOK_LIMITS.fieldsPerEntity)
      .optional()
      .describe("Fields of a record that the effect gets to see. Default: all that are declared."),
    capabilities: z
      .array(stepType)
      .max(HOOK_LIMITS.capabilitiesPerJob)
      .optional()
      .describe("Step types that it may perform. Default: none at all."),
    effect: stepType.describe("The step type that is performed once for each record; one of capabilities."),
    with: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        "Parameters of that step. Texts may hold ${record.FIELD}, ${trigger.FIELD} and ${old.FIELD}; $${ stands for ${.",
      ),
    timeout: form(/^\d{1,6}(?:\.\d{1,3})?(?:ms|s|m|h)$/, "a time such as 30s, 500ms, 2m or 1h")
      .optional()
      .describe("Limit on each effect, such as 30s. Default: 30s."),
    retry: retry.optional(),
    priority: z
      .int()
      .min(0)
      .max(HOOK_LIMITS.priority)
      .optional()
      .describe("0 to 9; a higher one goes first. Default: 5."),
    max_records: z
      .int()
      .min(1)
      .max(HOOK_LIMITS.records)
      .optional()
      .describe("Most records that it may lead to; more fail it, and nothing is done. Default: 1000."),
  })
  .describe("What is done for each record that is found from the triggering one.");

const jobNames = z.array(reference).min(1).max(HOOK_LIMITS.jobsPerHook);

/** One hook of a file of hooks. */
export const hookSchema = z
  .union(
    [
      jobNames,
      z.strictObject({
        when: expression.optional().describe("CEL over new and old: whether the jobs are asked for. Default: always."),
        jobs: jobNames.describe("Names of jobs."),
      }),
    ],
    { error: "expected a list of names of jobs, or a map of when and jobs" },
  )
  .describe("Jobs that are asked for after the operation was committed.");

/** A file of hooks. Every unknown member is an error. */
export const hookFileSchema = z
  .strictObject({
    $schema: z.string().max(4096).optional().describe("Where an editor finds this schema."),
    version: z.literal(1).describe("The form of the file: 1."),
    entities: atMost(name, entitySchema, HOOK_LIMITS.entities).describe(
      "Tables of the application, by the names that hooks use.",
    ),
    jobs: atMost(name, jobSchema, HOOK_LIMITS.jobs).describe("Jobs by their names."),
    hooks: atMost(z.string().max(LIMITS.idCharacters), hookSchema, 3 * HOOK_LIMITS.entities).describe(
      "ENTITY.after_create, ENTITY.after_update or ENTITY.after_delete, each with the jobs it asks for.",
    ),
  })
  .describe("Hooks of Verbatim: which jobs run after a committed change, over which records, and what they may do.");

/** A file of hooks as it was written. */
export type HookFile = z.output<typeof hookFileSchema>;
/** An entity of it. */
export type HookFileEntity = z.output<typeof entitySchema>;
/** A relation of it. */
export type HookFileRelation = z.output<typeof relation>;
/** A job of it. */
export type HookFileJob = z.output<typeof jobSchema>;
/** A hook of it. */
export type HookFileHook = z.output<typeof hookSchema>;

/** JSON Schema (draft 2020-12) of a file of hooks. */
export function hooksSchema(): JsonObject {
  return z.toJSONSchema(hookFileSchema, { io: "input" }) as JsonObject; // JSON by its making
}
