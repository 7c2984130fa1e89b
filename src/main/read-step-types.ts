import type { StepType } from "#effects";
import type { JsonObject, Violation } from "#model";

const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const NAME_CHARACTERS = 128;
const STEP_TYPES = 100;

/** The step types that a module gave, and everything that is wrong with the others. */
export function readStepTypes(given: unknown): {
  readonly stepTypes: readonly StepType[];
  readonly problems: readonly string[];
} {
  if (!Array.isArray(given))
    return { stepTypes: [], problems: ["gives no list of step types: stepTypes(api) returns an array"] };
  if (given.length > STEP_TYPES) {
    return { stepTypes: [], problems: [`gives ${given.length} step types; at most ${STEP_TYPES} are allowed`] };
  }
  const read = given.map((one: unknown, index) => ({ one, problems: problemsOf(one, index) }));
  return {
    stepTypes: read.filter(({ problems }) => problems.length === 0).map(({ one }) => guarded(one as StepType)), // as checked
    problems: read.flatMap(({ problems }) => problems),
  };
}

function problemsOf(given: unknown, index: number): readonly string[] {
  const at = `gives at place ${index}`;
  if (typeof given !== "object" || given === null) return [`${at} no step type but ${String(given)}`];
  const { name, handler, checkParameters, parametersSchema, sensitiveOutput } = given as Record<
    keyof StepType,
    unknown
  >;
  const isNamed = typeof name === "string" && NAME.test(name) && name.length <= NAME_CHARACTERS;
  const execute =
    typeof handler === "object" && handler !== null ? (handler as { execute?: unknown }).execute : undefined;
  const isObject =
    typeof parametersSchema === "object" && parametersSchema !== null && !Array.isArray(parametersSchema);
  const of = isNamed ? `${at} the step type ${name}` : at;
  return [
    ...(isNamed ? [] : [`${at} a step type without a name such as folder.make`]),
    ...(typeof execute === "function" ? [] : [`${of} without a function handler.execute`]),
    ...(typeof checkParameters === "function" ? [] : [`${of} without a function checkParameters`]),
    ...(isObject ? [] : [`${of} without an object parametersSchema`]),
    ...(sensitiveOutput === undefined || typeof sensitiveOutput === "function"
      ? []
      : [`${of} with a sensitiveOutput that is no function`]),
  ];
}

/** The same step type, whose check of parameters keeps its promise not to throw: what cannot be checked is refused. */
function guarded(type: StepType): StepType {
  const { name, handler, parametersSchema, sensitiveOutput } = type;
  return {
    name,
    handler: { execute: (...call) => handler.execute(...call) },
    parametersSchema,
    ...(sensitiveOutput !== undefined && { sensitiveOutput: (parameters) => sensitiveOutput.call(type, parameters) }),
    checkParameters(parameters: JsonObject) {
      try {
        // What it gives may be of any kind, whatever its type says.
        const given = type.checkParameters(parameters) as readonly Readonly<Record<keyof Violation, unknown>>[];
        return given.map(({ field, description }) => ({ field: String(field), description: String(description) }));
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        return [{ field: "", description: `cannot be checked, for ${name} failed at it: ${said}` }];
      }
    },
  };
}
