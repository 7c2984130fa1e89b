import type { FieldType } from "#model";

type Scalar = "string" | "int" | "uint" | "double" | "bool" | "bytes" | "timestamp" | "duration" | "null";

/** What an expression can be of. `dyn` is known only when it is evaluated: what stands in a JSON column. */
export type ValueType = Scalar | "dyn" | { readonly list: ValueType } | RecordType;

/** The record that a variable stands for. Nothing can be done with it but to look at its fields by name. */
export interface RecordType {
  readonly variable: string;
  readonly entity: string;
  readonly fields: ReadonlyMap<string, FieldType>;
}

const NUMBERS: ReadonlySet<ValueType> = new Set(["int", "uint", "double"]);

/** The type of a field's value in an expression. */
export function fieldValueType(type: FieldType): ValueType {
  return type === "json" ? "dyn" : type;
}

/** A type in words, for messages. */
export function typeName(type: ValueType): string {
  if (typeof type === "string") return type === "dyn" ? "a value of a JSON column" : type;
  if (isRecord(type)) return `a record of ${type.entity}`;
  return type.list === "dyn" ? "list" : `list of ${typeName(type.list)}`;
}

/** Whether it is a record of an entity. */
export function isRecord(type: ValueType): type is RecordType {
  return typeof type === "object" && "variable" in type;
}

/** Whether a value of the one may stand where the other is expected. */
export function fits(given: ValueType, expected: ValueType): boolean {
  if (isRecord(given) || isRecord(expected)) return false;
  if (given === "dyn" || expected === "dyn") return true;
  if (typeof given === "string" || typeof expected === "string") return given === expected;
  return "list" in given && "list" in expected && fits(given.list, expected.list);
}

/** Whether `==` between the two can ever be true: numbers of all kinds are compared, and everything may be NULL. */
export function comparable(one: ValueType, other: ValueType): boolean {
  if (isRecord(one) || isRecord(other)) return false;
  if (one === "null" || other === "null" || fits(one, other)) return true;
  if (NUMBERS.has(one) && NUMBERS.has(other)) return true;
  return typeof one === "object" && typeof other === "object" && "list" in one && "list" in other
    ? comparable(one.list, other.list)
    : false;
}

/** Whether `<` is defined between the two. */
export function ordered(one: ValueType, other: ValueType): boolean {
  if (one === "dyn" || other === "dyn") return orderedAtAll(one) && orderedAtAll(other);
  return orderedAtAll(one) && (one === other || (NUMBERS.has(one) && NUMBERS.has(other)));
}

function orderedAtAll(type: ValueType): boolean {
  return typeof type === "string" && type !== "null";
}

/** What a value is of that is of the one or the other; undefined if they have nothing in common. */
export function joined(one: ValueType, other: ValueType): ValueType | undefined {
  if (isRecord(one) || isRecord(other)) return undefined;
  if (one === "dyn" || other === "dyn" || one === "null" || other === "null") return "dyn";
  if (fits(one, other)) return one;
  return NUMBERS.has(one) && NUMBERS.has(other) ? "dyn" : undefined;
}
