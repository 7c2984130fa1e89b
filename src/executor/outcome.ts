import type { StepOutput } from "#effects";
import type { ErrorClass, StepResult } from "#model";
import type { Ending } from "./perform.ts";
import { boundedText, capturedError, frozenJson } from "./untrusted.ts";

/** The part of a step's result that the handler's ending decides. */
export type StepOutcome = Pick<StepResult, "status" | "output" | "error" | "errorClass" | "late">;

const CLASSES = ["transient_io", "validation_failed", "timeout", "sandbox_violation", "permanent", "unknown"] as const;

/** Turns a return, a throw or a stop into exactly one outcome (EXEC-002). Never throws. */
export function outcomeOf(ending: Ending): StepOutcome {
  if (ending.kind === "threw") return failed(capturedError(ending.thrown), "unknown");
  if (ending.kind === "stopped") {
    const { stop, late } = ending;
    return { ...failed(stop.message, stop.errorClass), ...(late !== undefined && { late }) };
  }
  try {
    return readOutput(ending.value);
  } catch (thrown) {
    return failed(`handler contract broken: ${capturedError(thrown)}`, "handler_contract");
  }
}

/** @throws {TypeError} if the handler did not keep its contract. */
function readOutput(value: unknown): StepOutcome {
  if (typeof value !== "object" || value === null) throw new TypeError(`it returned ${String(value)}`);
  const { success, output, error, errorClass } = value as Partial<Record<keyof StepOutput, unknown>>; // read as unknowns
  const text = error ?? "";
  if (typeof success !== "boolean") throw new TypeError(`"success" is not a boolean but ${typeof success}`);
  if (typeof text !== "string") throw new TypeError(`"error" is not a string but ${typeof error}`);
  if (success && text !== "") throw new TypeError(`it said success and the error: ${text}`);
  const copied = frozenJson(output);
  if (success) return { status: "COMPLETED", output: copied };
  const named = CLASSES.find((candidate) => candidate === errorClass) ?? "unknown";
  return { ...failed(text || "the handler reported a failure without an error", named), output: copied };
}

/** A failure in words. */
export function failed(error: string, errorClass: ErrorClass): StepOutcome {
  return { status: "FAILED", error: boundedText(error), errorClass };
}
