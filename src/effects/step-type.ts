import type { JsonObject, Violation } from "#model";
import type { StepHandler } from "./step-handler.ts";

/** A step type as the server offers it: its name, its handler, and what its parameters must look like. */
export interface StepType {
  /** Also the capability's name, for example `command.run`. */
  readonly name: string;
  readonly handler: StepHandler;
  /** All problems of the parameters, field paths relative to them; none = fine. Never throws, has no effect. */
  checkParameters(parameters: JsonObject): readonly Violation[];
  /**
   * JSON Pointers of the fields of its output that only their digests are to be recorded of, given these parameters; absent =
   * none ever. What the handler says as `error` must not tell their values either.
   */
  readonly sensitiveOutput?: (parameters: JsonObject) => readonly string[];
  /** JSON Schema (draft 2020-12) of the parameters, for callers. */
  readonly parametersSchema: JsonObject;
}
