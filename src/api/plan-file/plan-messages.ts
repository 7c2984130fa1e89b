import type { z } from "zod";

const CHARACTERS_SHOWN = 40;

/** A value as a message shows it. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  const cut = text.length > CHARACTERS_SHOWN ? `${text.slice(0, CHARACTERS_SHOWN)}…` : text;
  return typeof value === "string" ? JSON.stringify(cut) : cut;
}

/** What a schema finds wrong, in words: what was seen, what was expected. A message of the schema's own goes first. */
export function planMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return typeMessage(issue);
    case "invalid_value":
      return `is ${shown(issue.input)}; expected ${issue.values.length === 1 ? "" : "one of "}${issue.values.join(", ")}`;
    case "too_big":
      return `${size(issue)}; at most ${issue.maximum} ${allowed(issue.origin)}`;
    case "too_small":
      if (issue.inclusive === false) return `${size(issue)}; expected more than ${issue.minimum}`;
      return `${size(issue)}; at least ${issue.minimum} ${needed(issue.origin)}`;
    case "invalid_key":
      return issue.issues[0]?.message;
    default:
      return undefined;
  }
}

function typeMessage({ input, expected }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidType>): string {
  const wanted = EXPECTED[expected] ?? expected;
  if (input === undefined) return `is missing; expected ${wanted}`;
  const quote = expected === "string" && (typeof input === "number" || typeof input === "boolean");
  return `is ${kind(input)}; expected ${wanted}${quote ? `: write "${String(input)}" in quotes` : ""}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of names to values",
  record: "a map of names to values",
};

function kind(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return "a map";
}

function size({ input, origin }: { readonly input?: unknown; readonly origin: string }): string {
  if (origin === "string" && typeof input === "string")
    return input === "" ? "is empty" : `has ${input.length} characters`;
  if (origin === "array" && Array.isArray(input)) return input.length === 0 ? "is empty" : `has ${input.length} items`;
  return `is ${shown(input)}`;
}

function allowed(origin: string): string {
  return origin === "string" || origin === "array" ? "are allowed" : "is allowed";
}

function needed(origin: string): string {
  if (origin === "string") return "character is needed";
  return origin === "array" ? "item is needed" : "is needed";
}
