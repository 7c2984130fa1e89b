import type { JsonObject, Violation } from "#model";
import type { ExecutionContext, StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { malformed } from "./declared-parameters.ts";
import type { ParametersForm } from "./declared-parameters.ts";

/** What a performed step is given beside its parameters in their form. */
export interface Performing {
  /** The parameters as they were declared. */
  readonly raw: JsonObject;
  readonly context: ExecutionContext;
  readonly signal: AbortSignal;
}

/** What makes a step type of a form. */
export interface DeclaredStep<T> {
  /** All that the configuration does not permit of the parameters, whatever their form. Never throws, has no effect. */
  readonly notPermitted: (raw: JsonObject) => readonly Violation[];
  /** Performs a step whose parameters are in order. It looks again at what is permitted: that may have changed. */
  readonly perform: (declared: T, performing: Performing) => Promise<StepOutput> | StepOutput;
}

/**
 * Makes a step type whose parameters have a declared form: its schema is published, all problems are listed before the first
 * effect, and a step whose parameters are not in order is `validation_failed` without being performed.
 */
export function declaredStepType<T>(form: ParametersForm<T>, { notPermitted, perform }: DeclaredStep<T>): StepType {
  return {
    name: form.stepType,
    parametersSchema: form.jsonSchema,
    checkParameters(raw) {
      const answer = form.read(raw);
      return [...("violations" in answer ? answer.violations : []), ...notPermitted(raw)];
    },
    handler: {
      async execute({ parameters }, context, { signal }) {
        const answer = form.read(parameters);
        if ("violations" in answer) return malformed(answer.violations);
        return await perform(answer.value, { raw: parameters, context, signal });
      },
    },
  };
}
