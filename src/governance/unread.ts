/** The members of an object of which nothing is believed. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of a value; none if it has none. */
export function membersOf(value: unknown): Members {
  // `as`: an object's members are `unknown` here, so nothing is claimed about them
  return typeof value === "object" && value !== null ? (value as Members) : {};
}

/** The value if it is a list, whatever stands in it. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
