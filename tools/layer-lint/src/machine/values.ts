/** What is known of a value while paths are followed. */
export type Value =
  | { readonly kind: "unknown" }
  | { readonly kind: "literal"; readonly value: string | number | boolean | null | undefined }
  /** An object with some known members. */
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, Value> };

export const UNKNOWN: Value = { kind: "unknown" };
export const UNDEFINED: Value = { kind: "literal", value: undefined };

/** The value of a literal. */
export function literalValue(value: string | number | boolean | null | undefined): Value {
  return { kind: "literal", value };
}

/** Whether it counts as true in a condition; undefined if that is not known. */
export function truthOf(value: Value): boolean | undefined {
  if (value.kind === "unknown") return undefined;
  return value.kind === "object" || Boolean(value.value);
}

/** Whether two values are the same; undefined if that is not known. */
export function areEqual(a: Value, b: Value): boolean | undefined {
  if (a.kind === "literal" && b.kind === "literal") return a.value === b.value;
  const isOther = (one: Value, two: Value): boolean => one.kind === "object" && two.kind === "literal";
  return isOther(a, b) || isOther(b, a) ? false : undefined;
}

/** A text that is the same for values of which the same is known. */
export function keyOf(value: Value): string {
  if (value.kind === "unknown") return "?";
  if (value.kind === "literal") return `${typeof value.value}:${String(value.value)}`;
  return `{${[...value.members].map(([name, member]) => `${name}=${keyOf(member)}`).join(",")}}`;
}

/** The value of a member; undefined members of known objects are unknown, for not all members need be known. */
export function memberValue(value: Value, name: string | undefined): Value {
  return (value.kind === "object" && name !== undefined && value.members.get(name)) || UNKNOWN;
}

/** What a comparison of two values gives. */
export function compared(operator: string, left: Value, right: Value): Value {
  const equal = areEqual(left, right);
  if (equal === undefined) return UNKNOWN;
  if (operator === "===" || operator === "==") return literalValue(equal);
  if (operator === "!==" || operator === "!=") return literalValue(!equal);
  return UNKNOWN;
}

/** Whether nothing that is known of two values tells them apart. */
export function mayBeSame(a: Value, b: Value): boolean {
  if (a.kind === "unknown" || b.kind === "unknown") return true;
  if (a.kind === "literal" || b.kind === "literal") return areEqual(a, b) === true;
  return [...a.members].every(([name, member]) => mayBeSame(member, memberValue(b, name)));
}
