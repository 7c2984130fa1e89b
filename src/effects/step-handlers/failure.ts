import { LIMITS } from "#model";
import type { Json } from "#model";
import type { StepOutput } from "../step-handler.ts";

/** The kinds of failure that a handler may name. */
export type FailureClass = NonNullable<StepOutput["errorClass"]>;

/** A failed step. `output` is what is known all the same; null = nothing was done. */
export function failure(error: string, errorClass: FailureClass, output: Json = null): StepOutput {
  return { success: false, output, error: boundedError(error), errorClass };
}

/** The text, cut to what an error may have. */
export function boundedError(error: string): string {
  return error.length <= LIMITS.errorCharacters
    ? error
    : `${error.slice(0, LIMITS.errorCharacters - 3)}...`.toWellFormed();
}

/** What a step says that was told to stop: its word is not used, but it has to say one. */
export function stopped(): StepOutput {
  return failure("stopped before its end", "unknown");
}

/** The system's code of an error, such as `ENOENT`; `unknown error` if it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
