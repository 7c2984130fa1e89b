import { ts } from "ts-morph";
import { isFunctionNode } from "./syntax.ts";
import type { CallNode } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, memberOf } from "./syntax.ts";
import type { PathState } from "./path-state.ts";
import type { Walk } from "./path-walk.ts";
import type { Value } from "./values.ts";
import { literalValue, memberValue, truthOf, UNKNOWN } from "./values.ts";

/** The member under which the last entry of a list is known; no member of an object has this name. */
export const LAST = "[last]";

/** The value that a built-in call gives, if it can be told from what it was given. */
export function builtInValue(
  call: CallNode,
  { values, state }: { readonly values: readonly Value[]; readonly state: PathState },
  walk: Walk,
): Value {
  const callee = bare(calleeOf(call));
  const isSame = ["Object.freeze", "Promise.resolve", "structuredClone"].includes(callee.getText());
  if (isSame) return values[0] ?? UNKNOWN;
  const member = memberOf(callee);
  const last = member === undefined ? UNKNOWN : lastOf(member.object, state, walk);
  const [first] = argumentsOf(call);
  if (first === undefined || last === UNKNOWN) return UNKNOWN;
  if (member?.name === "at") return first.getText() === "-1" ? last : UNKNOWN;
  if (member?.name === "some") return answer(first, last, walk) === true ? literalValue(true) : UNKNOWN;
  if (member?.name === "every") return answer(first, last, walk) === false ? literalValue(false) : UNKNOWN;
  return UNKNOWN;
}

/** The value of `list[list.length - 1]`. */
export function lastEntry(node: ts.Expression, state: PathState, walk: Walk): Value {
  if (!ts.isElementAccessExpression(node)) return UNKNOWN;
  const isLast = bare(node.argumentExpression).getText() === `${node.expression.getText()}.length - 1`;
  return isLast ? lastOf(node.expression, state, walk) : UNKNOWN;
}

function lastOf(list: ts.Expression, state: PathState, { records }: Walk): Value {
  const name = records.identity(list);
  return "flags" in name && "escapedName" in name ? memberValue(state.known.get(name) ?? UNKNOWN, LAST) : UNKNOWN;
}

/** What a function says of a value on every path through it; undefined if that is not one answer. */
function answer(callback: ts.Expression, value: Value, { machine, hooks }: Walk): boolean | undefined {
  const target = machine.functions.functionOf(callback);
  if (target === undefined || !isFunctionNode(target)) return undefined;
  const answers = new Set(hooks.exitsOf(target, [value]).map((exit) => truthOf(exit.value)));
  const [only] = answers;
  return answers.size === 1 ? only : undefined;
}
