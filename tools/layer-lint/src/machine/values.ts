/** What is known of a value while paths are followed. */
export type Value =
  /** Not known which; perhaps whether it is there (neither undefined nor null), and whether it counts as true. */
  | { readonly kind: "unknown"; readonly isThere?: boolean; readonly isTrue?: boolean }
  | { readonly kind: "literal"; readonly value: Literal }
  /** An object with some known members. */
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, Value> };

/** A value that can be told by itself. */
export type Literal = string | number | boolean | null | undefined;

export const UNKNOWN: Value = { kind: "unknown" };
export const UNDEFINED: Value = { kind: "literal", value: undefined };
/** Neither undefined nor null. */
export const THERE: Value = { kind: "unknown", isThere: true };
/** Counts as true in a condition. */
export const TRUTHY: Value = { kind: "unknown", isThere: true, isTrue: true };
/** Counts as false in a condition. */
export const FALSY: Value = { kind: "unknown", isTrue: false };
/** Undefined or null. */
export const NOTHING: Value = { kind: "unknown", isThere: false, isTrue: false };

const REJECTION = "[rejected]";
/** The promise of a step that failed: whoever awaits it has it thrown. No member of an object has this name. */
export const REJECTED: Value = { kind: "object", members: new Map([[REJECTION, { kind: "literal", value: "step" }]]) };
/** A promise of something else that is rejected. */
export const REFUSED: Value = { kind: "object", members: new Map([[REJECTION, { kind: "literal", value: "other" }]]) };

/** Whether it is a promise that is rejected. */
export function isRejected(value: Value): boolean {
  return value.kind === "object" && value.members.has(REJECTION);
}

/** The value of a literal. */
export function literalValue(value: Literal): Value {
  return { kind: "literal", value };
}

/** Whether it counts as true in a condition; undefined if that is not known. */
export function truthOf(value: Value): boolean | undefined {
  if (value.kind === "unknown") return value.isTrue;
  return value.kind === "object" || Boolean(value.value);
}

/** Whether it is neither undefined nor null; undefined if that is not known. */
export function isThere(value: Value): boolean | undefined {
  if (value.kind === "unknown") return value.isThere;
  return value.kind === "object" || !isNothing(value.value);
}

/** Whether nothing at all is known of it. */
export function isUnknown(value: Value): boolean {
  return value.kind === "unknown" && value.isThere === undefined && value.isTrue === undefined;
}

function isNothing(value: Literal): boolean {
  return value === undefined || value === null;
}

/** Whether two values are the same; undefined if that is not known. */
export function areEqual(a: Value, b: Value): boolean | undefined {
  if (a.kind === "literal" && b.kind === "literal") return a.value === b.value;
  const isOther = (one: Value, two: Value): boolean => one.kind === "object" && two.kind === "literal";
  const tellsApart =
    isOther(a, b) || isOther(b, a) || differs(isThere(a), isThere(b)) || differs(truthOf(a), truthOf(b));
  return tellsApart ? false : undefined;
}

function differs(one: boolean | undefined, two: boolean | undefined): boolean {
  return one !== undefined && two !== undefined && one !== two;
}

/** A text that is the same for values of which the same is known. */
export function keyOf(value: Value): string {
  if (value.kind === "unknown") return isUnknown(value) ? "?" : `?${value.isThere ?? ""}/${value.isTrue ?? ""}`;
  if (value.kind === "literal") return `${typeof value.value}:${String(value.value)}`;
  return `{${[...value.members].map(([name, member]) => `${name}=${keyOf(member)}`).join(",")}}`;
}

/** The value of a member; undefined members of known objects are unknown, for not all members need be known. */
export function memberValue(value: Value, name: string | undefined): Value {
  return (value.kind === "object" && name !== undefined && value.members.get(name)) || UNKNOWN;
}

/** The object with a member of this value; what is no known object becomes one, for it has a member. */
export function withMember(value: Value, name: string, member: Value): Value {
  const members = new Map(value.kind === "object" ? value.members : []);
  members.set(name, member);
  return { kind: "object", members };
}

/** What an operator makes of two values. */
export function computed(operator: string, left: Value, right: Value): Value {
  if (left.kind === "literal" && right.kind === "literal") {
    const known = ofNumbers(operator, left.value, right.value);
    if (known !== undefined) return literalValue(known);
  }
  const isLoose = operator === "==" || operator === "!=";
  const equal = (isLoose ? areLooselyNothing(left, right) : undefined) ?? areEqual(left, right);
  if (equal === undefined) return UNKNOWN;
  if (operator === "===" || operator === "==") return literalValue(equal);
  if (operator === "!==" || operator === "!=") return literalValue(!equal);
  return UNKNOWN;
}

function ofNumbers(operator: string, left: Literal, right: Literal): Literal {
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  if (operator === ">") return left > right;
  if (operator === ">=") return left >= right;
  if (operator === "+") return left + right;
  return operator === "-" ? left - right : undefined;
}

/** `== null` asks whether something is there. */
function areLooselyNothing(a: Value, b: Value): boolean | undefined {
  const [left, right] = [isThere(a), isThere(b)];
  return left === false && right === false ? true : undefined;
}

/** Whether nothing that is known of two values tells them apart. */
export function mayBeSame(a: Value, b: Value): boolean {
  if (a.kind === "unknown" || b.kind === "unknown") return areEqual(a, b) !== false;
  if (a.kind === "literal" || b.kind === "literal") return areEqual(a, b) === true;
  return [...a.members].every(([name, member]) => mayBeSame(member, memberValue(b, name)));
}
