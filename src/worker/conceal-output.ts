import type { ExecutionContext, StepHandler, StepOutput, StepType } from "#effects";
import { concealFields } from "#evidence";
import type { KeptDisclosure } from "#evidence";
import { frozenJson } from "#executor";
import type { Json, JobStep } from "#model";

/** Where the values of sensitive fields are kept, and where their salts come from. */
export interface DisclosureKeeper {
  /** Durable when it returns. */
  keep(runId: string, disclosures: readonly KeptDisclosure[]): void;
  /** 128 random bits as base64url. */
  newSalt(): string;
}

/**
 * The handler of a step type, in whose outputs the sensitive fields are concealed before anybody hears of them; what
 * discloses them is kept before the record of the step can be.
 */
export function concealOutput(type: StepType, keeper: DisclosureKeeper | undefined): StepHandler {
  const { handler, sensitiveOutput } = type;
  if (sensitiveOutput === undefined) return handler;
  return {
    async execute(step: JobStep, context: ExecutionContext, options: { readonly signal: AbortSignal }) {
      const said = await handler.execute(step, context, options);
      const pointers = sensitiveOutput(step.parameters);
      if (pointers.length === 0) return said;
      if (options.signal.aborted) return STOPPED;
      const output = checkedOutput(said);
      if (output === undefined) return said;
      if (keeper === undefined) throw new Error("there is no place here for the values of sensitive fields");
      const concealed = concealFields(output, { pointers, newSalt: () => keeper.newSalt() });
      keeper.keep(
        context.jobId,
        concealed.disclosures.map((disclosure) => ({ step_index: step.stepIndex, ...disclosure })),
      );
      return { ...said, output: concealed.output };
    },
  };
}

/** What comes after a stop is not used: nothing is kept of it either. */
const STOPPED: StepOutput = { success: false, output: null, error: "stopped before its end", errorClass: "unknown" };

/** A copy of the output; undefined for what the executor will refuse. */
function checkedOutput(said: StepOutput): Json | undefined {
  try {
    return frozenJson(said.output);
  } catch {
    return undefined;
  }
}
