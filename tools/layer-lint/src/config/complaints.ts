import type { z } from "zod";
import type { JsonPath } from "./json-places.ts";

/** What is wrong at one place of the configuration. */
export interface Complaint {
  readonly path: JsonPath;
  readonly message: string;
}

/** What a schema says of a value; `above` is where the value stands. */
export function complaintsOf(error: z.ZodError, above: JsonPath = []): Complaint[] {
  return error.issues.flatMap((issue) => complaintsOfIssue(issue, above));
}

function complaintsOfIssue(issue: z.core.$ZodIssue, above: JsonPath): Complaint[] {
  const path = [...above, ...issue.path.filter((key) => typeof key !== "symbol")];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key "${key}"` }));
  }
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ path, message }));
  if (issue.code === "invalid_union") {
    // The alternative that fits the value's form says what is wrong in it; the others only say "not a string".
    const alternative = issue.errors.find((issues) =>
      issues.some((inner) => inner.code !== "invalid_type" || inner.path.length > 0),
    );
    if (alternative !== undefined) return alternative.flatMap((inner) => complaintsOfIssue(inner, path));
  }
  return [{ path, message: issue.message }];
}

/** `layers[3].mayImport`, as people write it. */
export function shown(path: JsonPath): string {
  return (
    path.reduce<string>((text, key) => {
      if (typeof key === "number") return `${text}[${key}]`;
      return text === "" ? key : `${text}.${key}`;
    }, "") || "the configuration"
  );
}
