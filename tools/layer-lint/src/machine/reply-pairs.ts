import { ts } from "ts-morph";
import type { CallNode } from "./syntax.ts";
import { wrapped } from "./syntax.ts";
import type { Value } from "./values.ts";
import { literalValue, NOTHING, TRUTHY, UNKNOWN, withMember } from "./values.ts";
import { constituents } from "./vocabulary.ts";

/** What a handler that answers with a pair says of a step that went well, and of one that failed. */
export interface ReplyPair {
  readonly good: Value;
  readonly bad: Value;
}

const FAULT = /err|fault|fail|problem|reason/i;
const SUCCESS = /^(?:ok|success|succeeded|done|passed)$/i;

/** The two ways in which the step may have ended, if its reply is taken for a pair such as `[error, value]`. */
export function replyPair(call: CallNode, checker: ts.TypeChecker): ReplyPair | undefined {
  const use = wrapped(call);
  const whole = ts.isAwaitExpression(use.parent) ? wrapped(use.parent) : use;
  const type = checker.getTypeAtLocation(whole);
  if (!checker.isTupleType(type)) return undefined;
  const tuple = type as ts.TupleTypeReference; // as: just asked
  const entries = checker.getTypeArguments(tuple);
  const labels = entries.map((_, index) => labelOf(tuple, index) ?? boundAt(whole, index));
  const success = labels.findIndex((label) => label !== undefined && SUCCESS.test(label));
  if (success >= 0) return pairAt(success, { good: literalValue(true), bad: literalValue(false) });
  const named = labels.findIndex((label) => label !== undefined && FAULT.test(label));
  const typed = entries.findIndex((entry) => constituents(entry).some(({ symbol }) => symbol?.name.endsWith("Error")));
  // Where nothing says which it is, it is the first of two, as everybody has it.
  const place = named >= 0 ? named : typed >= 0 ? typed : entries.length === 2 ? 0 : -1;
  const entry = entries[place];
  return entry === undefined ? undefined : pairAt(place, { good: nothingOf(entry), bad: TRUTHY });
}

function pairAt(index: number, { good, bad }: ReplyPair): ReplyPair {
  const at = (value: Value): Value => withMember(UNKNOWN, String(index), value);
  return { good: at(good), bad: at(bad) };
}

function labelOf({ target }: ts.TupleTypeReference, index: number): string | undefined {
  return target.labeledElementDeclarations?.[index]?.name.getText();
}

/** The name under which the entry is taken out on the spot. */
function boundAt(reply: ts.Expression, index: number): string | undefined {
  const { parent } = reply;
  if (!ts.isVariableDeclaration(parent) || !ts.isArrayBindingPattern(parent.name)) return undefined;
  const element = parent.name.elements[index];
  return element === undefined || ts.isOmittedExpression(element) ? undefined : element.name.getText();
}

function nothingOf(type: ts.Type): Value {
  const parts = constituents(type);
  const isNull = parts.some(({ flags }) => (flags & ts.TypeFlags.Null) !== 0);
  const isUndefined = parts.some(({ flags }) => (flags & ts.TypeFlags.Undefined) !== 0);
  if (isNull === isUndefined) return NOTHING;
  return literalValue(isNull ? null : undefined);
}
