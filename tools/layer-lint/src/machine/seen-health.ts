import { ts } from "ts-morph";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import type { FunctionNode } from "./syntax.ts";
import { bare, isFunctionNode, memberOf } from "./syntax.ts";

/** What is known of health in the layer. */
export interface Held {
  /** Names that hold something which could change health, whatever their type says. */
  readonly services: ReadonlySet<ts.Symbol>;
  /** Names that hold what was seen. */
  readonly snapshots: ReadonlySet<ts.Symbol>;
  /** Members that hold what was seen, by where they are declared. */
  readonly fields: ReadonlySet<ts.Declaration>;
  /** Functions that give back what was seen. */
  readonly tellers: ReadonlySet<FunctionNode>;
}

/** The same, with what it takes to ask. */
export interface Seen extends Held {
  readonly machine: Machine;
}

/** Whether the member holds what was seen of health, somewhere in the layer. */
export function isField(member: ts.Symbol | undefined, { fields, tellers }: Seen): boolean {
  return (member?.declarations ?? []).some(
    (each) => fields.has(each) || (ts.isGetAccessorDeclaration(each) && isFunctionNode(each) && tellers.has(each)),
  );
}

/** Whether an expression is what was seen of health, or a part of it. */
export function isSnapshot(expression: ts.Expression, seen: Seen): boolean {
  const { machine, snapshots } = seen;
  const { checker } = machine.program;
  const node = bare(expression);
  if (ts.isAwaitExpression(node)) return isSnapshot(node.expression, seen);
  if (ts.isIdentifier(node)) {
    const symbol = checker.getSymbolAtLocation(node);
    return symbol !== undefined && snapshots.has(symbol);
  }
  const member = memberOf(node);
  if (member !== undefined) return isSnapshot(member.object, seen) || isField(symbolOf(checker, node), seen);
  if (ts.isPrefixUnaryExpression(node)) return isSnapshot(node.operand, seen);
  if (ts.isTemplateExpression(node)) return node.templateSpans.some((each) => isSnapshot(each.expression, seen));
  if (ts.isConditionalExpression(node)) return isSnapshot(node.whenTrue, seen) || isSnapshot(node.whenFalse, seen);
  if (ts.isBinaryExpression(node)) return isSnapshot(node.left, seen) || isSnapshot(node.right, seen);
  return ts.isCallExpression(node) && isTold(node, seen);
}

/** Functions of the language that give back what they are given, in another form. */
const FORMS =
  /^(?:String|Number|JSON\.(?:stringify|parse)|Object\.(?:freeze|values|entries|keys|assign)|structuredClone|Promise\.(?:resolve|race|all))$/;

/** Whether a call gives what was seen: it looks, or is given it and gives it on. */
function isTold(call: ts.CallExpression, seen: Seen): boolean {
  const { machine, services, tellers } = seen;
  const member = memberOf(bare(call.expression));
  if (member !== undefined) {
    const isRead = member.name !== undefined && machine.words.words.healthReads.includes(member.name);
    if (isRead && isHealthValue(bare(member.object), machine, services)) return true;
    if (isSnapshot(member.object, seen)) return true;
  }
  const callees = machine.functions.calleesOf(call);
  if (callees.some((callee) => tellers.has(callee))) return true;
  const isGiven = (argument: ts.Expression): boolean => {
    const value = bare(argument);
    if (ts.isArrayLiteralExpression(value)) return value.elements.some(isGiven);
    return isSnapshot(value, seen);
  };
  const given = call.arguments.flatMap((argument, index) => (isGiven(argument) ? [index] : []));
  if (given.length === 0) return false;
  if (callees.length === 0) return FORMS.test(bare(call.expression).getText());
  return callees.some((callee) => given.some((index) => isForAnything(callee, index, machine)));
}

/** Whether a function takes anything there: what it gives back may then be of what it was given. */
function isForAnything(callee: FunctionNode, index: number, { program }: Machine): boolean {
  const parameter = callee.parameters[index];
  const result = program.checker.getSignatureFromDeclaration(callee)?.getReturnType();
  if (parameter === undefined || result === undefined) return false;
  if ((result.flags & (ts.TypeFlags.BooleanLike | ts.TypeFlags.Void | ts.TypeFlags.Undefined)) !== 0) return false;
  const { flags } = program.checker.getTypeAtLocation(parameter);
  return (
    (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter)) !== 0 ||
    (callee.typeParameters ?? []).length > 0
  );
}

/** Whether an expression is something that looks at health, or changes it. */
export function isHealthValue(
  node: ts.Expression,
  { program, words }: Machine,
  services: ReadonlySet<ts.Symbol>,
): boolean {
  const { checker } = program;
  if (ts.isAwaitExpression(node)) return false;
  const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
  if (symbol !== undefined && services.has(symbol)) return true;
  const type = checker.getTypeAtLocation(node);
  return words.isHealth(type);
}

/** Names in declarations and types stand for nothing that could be used. */
export function isMerelyAName(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isIdentifier(node) && "name" in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent))
    return true;
  if (
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isTypeQueryNode(parent)
  )
    return true;
  return ts.isExpressionWithTypeArguments(parent) || ts.isTypePredicateNode(parent) || ts.isPartOfTypeNode(node);
}
