import { z } from "zod";
import type { JsonObject, Violation } from "#model";
import type { StepOutput } from "../step-handler.ts";
import { failure } from "./failure.ts";

/** Parameters in their declared form, or everything that is wrong with them. */
export type DeclaredParameters<T> = { readonly value: T } | { readonly violations: readonly Violation[] };

/** The declared form of a step type's parameters. */
export interface ParametersForm<T> {
  /** The step type whose parameters they are. */
  readonly stepType: string;
  /** JSON Schema (draft 2020-12) of the parameters. */
  readonly jsonSchema: JsonObject;
  /** Reads the parameters and lists every problem of their form. Never throws. */
  read(raw: JsonObject): DeclaredParameters<T>;
}

/** Makes the form of the parameters of the step type `name` from a schema. */
export function parametersForm<S extends z.ZodObject>(name: string, schema: S): ParametersForm<z.output<S>> {
  const known = Object.keys(schema.shape).join(", ");
  const violationsOf = (issue: z.core.$ZodIssue): readonly Violation[] => {
    const field = fieldOf(issue.path);
    if (issue.code !== "unrecognized_keys") return [{ field, description: issue.message }];
    if (field !== "") return issue.keys.map((key) => ({ field: `${field}.${key}`, description: "is not known here" }));
    const description = `is no parameter of ${name}, expected only ${known}`;
    return issue.keys.map((key) => ({ field: key, description }));
  };
  return {
    stepType: name,
    // A JSON Schema is JSON; the library's type for it says less.
    jsonSchema: z.toJSONSchema(schema, { io: "input" }) as JsonObject,
    read(raw) {
      const parsed = schema.safeParse(raw);
      return parsed.success ? { value: parsed.data } : { violations: parsed.error.issues.flatMap(violationsOf) };
    },
  };
}

/** A failed step whose parameters are not in order; all problems in one text. */
export function malformed(violations: readonly Violation[]): StepOutput {
  return failure(listed(violations), "validation_failed");
}

/** All problems in one text. */
export function listed(violations: readonly Violation[]): string {
  return violations
    .map(({ field, description }) => (field === "" ? description : `${field}: ${description}`))
    .join("; ");
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`))
    .join("");
}
