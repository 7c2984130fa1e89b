import type { ExecutionContext, StepHandler, StepOutput } from "#effects";
import type { JobStep } from "#model";

/** One call that a handler saw. */
export interface SeenCall {
  readonly step: JobStep;
  readonly context: ExecutionContext;
  readonly signal: AbortSignal;
}

/** A handler that does what a test says and remembers its calls. */
export interface ScriptedHandler extends StepHandler {
  readonly calls: readonly SeenCall[];
}

/** A handler whose calls are answered by `answer`, which may return anything, as a handler without types could. */
export function handlerOf(answer: (call: SeenCall) => unknown = succeed): ScriptedHandler {
  const calls: SeenCall[] = [];
  return {
    calls,
    execute(step, context, { signal }) {
      const call = { step, context, signal };
      calls.push(call);
      return answer(call) as StepOutput; // tests return what is no StepOutput, too
    },
  };
}

/** The plainest success. */
export function succeed(): StepOutput {
  return { success: true, output: null };
}

/** A promise that nothing settles. */
export function never(): Promise<never> {
  return new Promise(() => {});
}

/** Resolves when the signal aborts, at once if it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
