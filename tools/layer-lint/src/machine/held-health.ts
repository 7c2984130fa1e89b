import { ts } from "ts-morph";
import type { Machine } from "./step-lists.ts";
import type { FunctionNode } from "./syntax.ts";
import { argumentsOf, bare, eachNode, isCallNode, memberOf, writtenBy } from "./syntax.ts";

/** What is known by name of health in the layer. */
export interface Held {
  /** Names that hold something which could change health, whatever their type says. */
  readonly services: ReadonlySet<ts.Symbol>;
  /** Names that hold what was seen. */
  readonly snapshots: ReadonlySet<ts.Symbol>;
}

/** Names to which health, or what was seen of it, is given; to the end of all such chains. */
export function heldHealth(machine: Machine): Held {
  const { program, functions } = machine;
  const { checker } = program;
  const services = new Set<ts.Symbol>();
  const snapshots = new Set<ts.Symbol>();
  const give = (name: ts.Node | undefined, value: ts.Expression): void => {
    if (name === undefined) return;
    const symbols = ts.isIdentifier(name) ? [checker.getSymbolAtLocation(name)] : boundNames(name, checker);
    for (const symbol of symbols) {
      if (symbol === undefined) continue;
      if (ts.isIdentifier(name) && isHealthValue(bare(value), machine, services)) services.add(symbol);
      if (isSnapshot(value, { machine, services, snapshots })) snapshots.add(symbol);
    }
  };
  for (let before = -1; before !== services.size + snapshots.size;) {
    before = services.size + snapshots.size;
    for (const file of program.files) {
      eachNode(file, (node) => {
        if (ts.isVariableDeclaration(node) && node.initializer !== undefined) give(node.name, node.initializer);
        if (ts.isBinaryExpression(node) && writtenBy(node) !== undefined) give(bare(node.left), node.right);
        if (!isCallNode(node)) return;
        for (const callee of functions.calleesOf(node)) {
          for (const [index, argument] of argumentsOf(node).entries()) {
            if (isOnlyForHealth(callee, index, machine)) give(callee.parameters[index]?.name, argument);
          }
        }
      });
    }
  }
  return { services, snapshots };
}

/** Whether every call gives health there: a function that others use for other things is about none in particular. */
function isOnlyForHealth(callee: FunctionNode, index: number, { program, words, functions }: Machine): boolean {
  const name = callee.parameters[index]?.name;
  if (name === undefined) return false;
  if (words.isHealth(program.checker.getTypeAtLocation(name))) return true;
  return functions.callsTo(callee).length === 1;
}

function boundNames(pattern: ts.Node, checker: ts.TypeChecker): (ts.Symbol | undefined)[] {
  const found: (ts.Symbol | undefined)[] = [];
  eachNode(pattern, (node) => {
    if (ts.isBindingElement(node) && ts.isIdentifier(node.name)) found.push(checker.getSymbolAtLocation(node.name));
  });
  return found;
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

/** The same, with what it takes to ask. */
export interface Seen extends Held {
  readonly machine: Machine;
}

/** Whether an expression is what was seen of health, or a part of it. */
export function isSnapshot(expression: ts.Expression, seen: Seen): boolean {
  const { machine, services, snapshots } = seen;
  const { checker } = machine.program;
  const node = bare(expression);
  if (ts.isAwaitExpression(node)) return isSnapshot(node.expression, seen);
  if (ts.isIdentifier(node)) {
    const symbol = checker.getSymbolAtLocation(node);
    return symbol !== undefined && snapshots.has(symbol);
  }
  const member = memberOf(node);
  if (member !== undefined) return isSnapshot(member.object, seen);
  if (ts.isPrefixUnaryExpression(node)) return isSnapshot(node.operand, seen);
  if (ts.isTemplateExpression(node)) return node.templateSpans.some((each) => isSnapshot(each.expression, seen));
  if (ts.isConditionalExpression(node)) return isSnapshot(node.whenTrue, seen) || isSnapshot(node.whenFalse, seen);
  if (ts.isBinaryExpression(node)) return isSnapshot(node.left, seen) || isSnapshot(node.right, seen);
  if (!ts.isCallExpression(node)) return false;
  const callee = memberOf(bare(node.expression));
  if (callee === undefined) return false;
  const isRead = callee.name !== undefined && machine.words.words.healthReads.includes(callee.name);
  return (isRead && isHealthValue(bare(callee.object), machine, services)) || isSnapshot(callee.object, seen);
}
