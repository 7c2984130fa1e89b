import type { StepOutput, StepType } from "#effects";
import type { JsonObject } from "#model";
import { contextOf } from "./bench-of-commands.ts";

/** Performs one step of a type, as the executor would call it. */
export async function performStep(
  type: StepType,
  parameters: JsonObject,
  { signal = new AbortController().signal, key = "a-job/0" }: { signal?: AbortSignal; key?: string } = {},
): Promise<StepOutput> {
  const step = { stepIndex: 0, stepType: type.name, target: "a target", parameters, timeoutSeconds: 300 };
  return await type.handler.execute(step, contextOf(key), { signal });
}
