import type { StepHandler, StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import type { Redactor } from "./redactor.ts";

/** The same step type, from which no secret comes out: neither in outputs and errors nor in what it says of parameters. */
export function redactedStepType(type: StepType, redactor: Redactor): StepType {
  return {
    ...type,
    handler: redactedHandler(type.handler, redactor),
    checkParameters: (parameters) =>
      type.checkParameters(parameters).map(({ field, description }) => ({
        field: redactor.text(field),
        description: redactor.text(description),
      })),
  };
}

function redactedHandler(handler: StepHandler, redactor: Redactor): StepHandler {
  return {
    async execute(step, context, options) {
      try {
        return redactedOutput(await handler.execute(step, context, options), redactor);
      } catch (thrown) {
        throw redactedError(thrown, redactor);
      }
    },
  };
}

/** Whatever a handler returned: what breaks its contract is redacted, too, for the executor quotes some of it. */
function redactedOutput(said: unknown, redactor: Redactor): StepOutput {
  if (typeof said !== "object" || said === null) return redactor.json(said) as StepOutput; // refused by the executor
  const { success, output, error, errorClass } = said as StepOutput; // read once, as the executor will read it
  return {
    success,
    output: redactor.json(output) as StepOutput["output"], // JSON if it was
    ...(error !== undefined && { error: redactor.json(error) as string }), // a text if it was
    ...(errorClass !== undefined && { errorClass }),
  };
}

/** The same error if there is no secret in what will be told of it. */
function redactedError(thrown: unknown, redactor: Redactor): unknown {
  try {
    const text = String(thrown instanceof Error ? thrown.message || thrown.name : thrown);
    const told = redactor.text(text);
    return told === text ? thrown : new Error(told);
  } catch {
    return thrown; // it cannot be put into words, so nothing will be told of it
  }
}
