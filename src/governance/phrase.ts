/** How many names a sentence lists before it only counts the rest. */
export const LISTED_NAMES = 20;

const NAME_CHARACTERS = 128;

/** A value as it was seen, quoted, at most 128 characters: fit for a sentence whatever it is. */
export function seen(value: unknown): string {
  if (typeof value !== "string") return typeof value === "number" ? String(value) : describeKind(value);
  const cut = value.length > NAME_CHARACTERS ? `${value.slice(0, NAME_CHARACTERS)}...` : value;
  return JSON.stringify(cut.toWellFormed());
}

/** The first 20 names, quoted, and how many more there are. */
export function listed(names: readonly string[]): string {
  const first = names.slice(0, LISTED_NAMES).map(seen).join(", ");
  return names.length > LISTED_NAMES ? `${first} and ${names.length - LISTED_NAMES} more` : first;
}

function describeKind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}
