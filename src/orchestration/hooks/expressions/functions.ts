import type { ValueType } from "./value-type.ts";
import { fits, typeName } from "./value-type.ts";

/** Types of what is given, the target of a method first, and of what comes out. */
type Overload = readonly [given: readonly ValueType[], result: ValueType];

const ANY_LIST: ValueType = { list: "dyn" };
const NUMBERS = ["int", "uint", "double"] as const;
const same = (...types: readonly ValueType[]): readonly Overload[] => types.map((type) => [[type, type], type]);
const of = (result: ValueType, ...types: readonly ValueType[]): readonly Overload[] =>
  types.map((type) => [[type], result]);
const TEXT_TEST: readonly Overload[] = [[["string", "string"], "bool"]];
const SIZES = of("int", "string", "bytes", ANY_LIST);
const PART_OF_TIME = of("int", "timestamp");
const PART_OF_TIMES = of("int", "timestamp", "duration");

/** Operators and functions that are called as `f(x)`. Comparisons are not here: they hold between more types than can be listed. */
export const FUNCTIONS: ReadonlyMap<string, readonly Overload[]> = new Map<string, readonly Overload[]>([
  ["_&&_", same("bool")],
  ["_||_", same("bool")],
  ["!_", of("bool", "bool")],
  ["@not_strictly_false", of("bool", "bool")],
  ["-_", [[["int"], "int"] as const, [["double"], "double"] as const]],
  [
    "_+_",
    [
      ...same(...NUMBERS, "string", "duration", ANY_LIST),
      [["timestamp", "duration"], "timestamp"],
      [["duration", "timestamp"], "timestamp"],
    ],
  ],
  [
    "_-_",
    [
      ...same(...NUMBERS, "duration"),
      [["timestamp", "duration"], "timestamp"],
      [["timestamp", "timestamp"], "duration"],
    ],
  ],
  ["_*_", same(...NUMBERS)],
  ["_/_", same(...NUMBERS)],
  ["_%_", same("int", "uint")],
  ["size", SIZES],
  ["int", of("int", ...NUMBERS, "string", "timestamp")],
  ["double", of("double", ...NUMBERS, "string")],
  ["string", of("string", ...NUMBERS, "string", "bool", "timestamp", "duration")],
  ["bool", of("bool", "bool", "string")],
  ["timestamp", of("timestamp", "string", "timestamp", "int")],
  ["duration", of("duration", "string", "duration")],
]);

/** Functions that are called as `x.f()`. */
export const METHODS: ReadonlyMap<string, readonly Overload[]> = new Map([
  ["size", SIZES],
  ["contains", TEXT_TEST],
  ["startsWith", TEXT_TEST],
  ["endsWith", TEXT_TEST],
  ["matches", TEXT_TEST],
  ["getFullYear", PART_OF_TIME],
  ["getMonth", PART_OF_TIME],
  ["getDate", PART_OF_TIME],
  ["getDayOfMonth", PART_OF_TIME],
  ["getDayOfWeek", PART_OF_TIME],
  ["getDayOfYear", PART_OF_TIME],
  ["getHours", PART_OF_TIMES],
  ["getMinutes", PART_OF_TIMES],
  ["getSeconds", PART_OF_TIMES],
  ["getMilliseconds", PART_OF_TIMES],
]);

/** What a call gives of values of these types, or why it cannot be made. */
export function callResult(
  name: string,
  given: readonly ValueType[],
  overloads: readonly Overload[],
): { readonly type: ValueType } | { readonly problem: string } {
  const results = overloads
    .filter(([types]) => types.length === given.length && types.every((type, at) => fits(given[at] ?? "dyn", type)))
    .map(([, result]) => result);
  const [first, ...others] = results;
  if (first === undefined) return { problem: misfit(name, given, overloads) };
  return { type: others.every((other) => typeName(other) === typeName(first)) ? first : "dyn" };
}

function misfit(name: string, given: readonly ValueType[], overloads: readonly Overload[]): string {
  const wanted = [...new Set(overloads.map(([types]) => types.map(typeName).join(" and ")))].join(" or ");
  const seen = given.length === 0 ? "nothing" : given.map(typeName).join(" and ");
  return `${shownName(name)} is given ${seen}; it takes ${wanted}`;
}

/** An operator or a function as it is written. */
export function shownName(name: string): string {
  return /^[@_!-]/.test(name) ? name.replaceAll(/[_@]/g, "") : name;
}
