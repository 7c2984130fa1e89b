import { ts } from "ts-morph";
import { constituents } from "./vocabulary.ts";
import type { Value } from "./values.ts";
import { FALSY, isThere, literalValue, NOTHING, THERE, TRUTHY, truthOf, UNDEFINED, UNKNOWN } from "./values.ts";

const { TypeFlags } = ts;

/** What the type of an expression, or of what its promise brings, says of the value. */
export function valueOfType(given: ts.Type, checker: ts.TypeChecker): Value {
  const type = checker.getAwaitedType(given) ?? given;
  const values = (type.isUnion() ? constituents(type) : [type]).map((each) => valueOfPart(each, checker));
  return inCommon(values);
}

/** What is the same of all of them. */
export function inCommon(values: readonly Value[]): Value {
  const [first, ...others] = values;
  if (first === undefined) return UNKNOWN;
  if (others.length === 0) return first;
  const same = <T>(of: (value: Value) => T | undefined): T | undefined =>
    others.every((each) => of(each) === of(first)) ? of(first) : undefined;
  return withFacts(same(isThere), same(truthOf));
}

function withFacts(there: boolean | undefined, truth: boolean | undefined): Value {
  if (there === false) return NOTHING;
  if (truth === true) return TRUTHY;
  if (truth === false) return there === true ? { kind: "unknown", isThere: true, isTrue: false } : FALSY;
  return there === true ? THERE : UNKNOWN;
}

function valueOfPart(type: ts.Type, checker: ts.TypeChecker): Value {
  const { flags } = type;
  if ((flags & TypeFlags.Undefined) !== 0) return UNDEFINED;
  if ((flags & TypeFlags.Null) !== 0) return literalValue(null);
  if (type.isStringLiteral() || type.isNumberLiteral()) return literalValue(type.value);
  if ((flags & TypeFlags.BooleanLiteral) !== 0) return literalValue(checker.typeToString(type) === "true");
  if ((flags & (TypeFlags.Object | TypeFlags.Intersection | TypeFlags.NonPrimitive)) !== 0)
    return isEmpty(type) ? THERE : TRUTHY;
  if ((flags & (TypeFlags.UniqueESSymbol | TypeFlags.ESSymbol)) !== 0) return TRUTHY;
  const isPlain = TypeFlags.StringLike | TypeFlags.NumberLike | TypeFlags.BigIntLike | TypeFlags.BooleanLike;
  return (flags & isPlain) !== 0 ? THERE : UNKNOWN;
}

/** `{}` holds texts and numbers, too. */
function isEmpty(type: ts.Type): boolean {
  return (
    (type.flags & TypeFlags.NonPrimitive) === 0 &&
    type.getProperties().length === 0 &&
    type.getCallSignatures().length + type.getConstructSignatures().length === 0
  );
}
