import type { Json } from "#model";

const MAX_ERROR_CHARACTERS = 4096;
const MAX_DEPTH = 64;
const MAX_CHARACTERS = 8 * 1024 * 1024;

/**
 * A deep, frozen copy of a JSON value: whoever holds the original can no longer change what was said.
 * @throws {TypeError} if it is not JSON (cycle, BigInt, undefined, NaN, class instance, lone surrogate) or over 8 MiB.
 */
export function frozenJson(value: unknown): Json {
  return frozen(value, 0, { characters: MAX_CHARACTERS });
}

function frozen(value: unknown, depth: number, budget: { characters: number }): Json {
  budget.characters -= typeof value === "string" ? value.length + 2 : 4;
  if (budget.characters < 0) throw new TypeError(`the value is larger than ${MAX_CHARACTERS} characters`);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string" && value.isWellFormed()) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value + 0; // JSON has no -0
  if (typeof value === "string") throw new TypeError("a text has a lone surrogate");
  if (typeof value !== "object") throw new TypeError(`JSON cannot say this ${typeof value}`);
  if (depth >= MAX_DEPTH) throw new TypeError(`the value is nested deeper than ${MAX_DEPTH}, or a cycle`);
  const inner = (item: unknown): Json => frozen(item, depth + 1, budget);
  if (Array.isArray(value)) return Object.freeze(Array.from<unknown, Json>(value, inner));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError("the value is not a plain object");
  // as: the copy of a text is a text
  const members = Object.entries(value).map(([name, member]) => [inner(name) as string, inner(member)] as const);
  return Object.freeze(Object.fromEntries(members));
}

/** The text of whatever was thrown: never throws itself, well-formed, at most 4,096 characters. */
export function capturedError(thrown: unknown): string {
  try {
    const text = String(thrown instanceof Error ? thrown.message || thrown.name : thrown);
    return boundedText(text) || "an error without a message";
  } catch {
    return "an error that cannot be described";
  }
}

/** The text, well-formed, and cut to 4,096 characters with a mark of the cut. */
export function boundedText(text: string): string {
  const cut = text.length > MAX_ERROR_CHARACTERS ? `${text.slice(0, MAX_ERROR_CHARACTERS - 1)}…` : text;
  return cut.toWellFormed();
}
