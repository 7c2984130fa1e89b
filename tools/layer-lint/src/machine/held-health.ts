import { ts } from "ts-morph";
import { fieldsGiven, isAboutLooking } from "./health-fields.ts";
import type { Held, Seen } from "./seen-health.ts";
import { isField, isHealthValue, isSnapshot } from "./seen-health.ts";
import type { Machine } from "./step-lists.ts";
import type { CallNode, FunctionNode } from "./syntax.ts";
import {
  argumentsOf,
  bare,
  calleeOf,
  eachNode,
  isCallNode,
  isFunctionNode,
  memberOf,
  ownerOf,
  writtenBy,
} from "./syntax.ts";

/** Names, members and functions to which health, or what was seen of it, is given; to the end of all such chains. */
export function heldHealth(machine: Machine): Held {
  const { program, functions } = machine;
  const { checker } = program;
  const services = new Set<ts.Symbol>();
  const snapshots = new Set<ts.Symbol>();
  const fields = new Set<ts.Declaration>();
  const tellers = new Set<FunctionNode>();
  const seen: Seen = { machine, services, snapshots, fields, tellers };
  const give = (name: ts.Node | undefined, value: ts.Expression): void => {
    if (name === undefined) return;
    if (ts.isObjectBindingPattern(name) && !isSnapshot(value, seen)) return giveMembers(name, seen, snapshots);
    const symbols = ts.isIdentifier(name) ? [checker.getSymbolAtLocation(name)] : boundNames(name, checker);
    for (const symbol of symbols) {
      if (symbol === undefined) continue;
      if (ts.isIdentifier(name) && isHealthValue(bare(value), machine, services)) services.add(symbol);
      if (isSnapshot(value, seen)) snapshots.add(symbol);
    }
  };
  const look = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) give(node.name, node.initializer);
    if (ts.isBinaryExpression(node) && writtenBy(node) !== undefined) give(bare(node.left), node.right);
    for (const field of fieldsGiven(node, seen)) fields.add(field);
    const told = givenBack(node);
    const owner = told === undefined ? undefined : ownerOf(told);
    if (told !== undefined && owner !== undefined && isFunctionNode(owner) && isSnapshot(told, seen))
      tellers.add(owner);
    const caught = ts.isCatchClause(node) ? node.variableDeclaration?.name : undefined;
    if (caught !== undefined && ts.isIdentifier(caught) && isAboutLooking(caught, seen)) {
      const symbol = checker.getSymbolAtLocation(caught);
      if (symbol !== undefined) snapshots.add(symbol);
    }
    if (!isCallNode(node)) return;
    const list = collectorOf(node);
    if (list !== undefined && argumentsOf(node).some((each) => isSnapshot(each, seen))) {
      const symbol = checker.getSymbolAtLocation(list);
      if (symbol !== undefined) snapshots.add(symbol);
    }
    for (const callee of functions.calleesOf(node)) {
      for (const [index, argument] of argumentsOf(node).entries()) {
        if (isOnlyForHealth(callee, index, machine)) give(callee.parameters[index]?.name, argument);
      }
    }
  };
  const size = (): number => services.size + snapshots.size + fields.size + tellers.size;
  for (let before = -1; before !== size();) {
    before = size();
    for (const file of program.files) eachNode(file, look);
  }
  return { services, snapshots, fields, tellers };
}

/** The list, set or map, under a name of its own, that the call adds to. */
function collectorOf(call: CallNode): ts.Identifier | undefined {
  const member = memberOf(bare(calleeOf(call)));
  const list =
    member && ["push", "unshift", "add", "set"].includes(member.name ?? "") ? bare(member.object) : undefined;
  return list !== undefined && ts.isIdentifier(list) ? list : undefined;
}

/** What a return or the body of an arrow function gives back. */
function givenBack(node: ts.Node): ts.Expression | undefined {
  if (ts.isReturnStatement(node)) return node.expression;
  const { parent } = node;
  return ts.isArrowFunction(parent) && parent.body === node && ts.isExpression(node) ? node : undefined;
}

/** Names that a pattern takes out of members which hold what was seen. */
function giveMembers(pattern: ts.ObjectBindingPattern, seen: Seen, snapshots: Set<ts.Symbol>): void {
  const { checker } = seen.machine.program;
  const type = checker.getTypeAtLocation(pattern);
  for (const { name, propertyName } of pattern.elements) {
    const key = propertyName ?? name;
    const member = ts.isIdentifier(key) ? type.getProperty(key.text) : undefined;
    const symbol = ts.isIdentifier(name) ? checker.getSymbolAtLocation(name) : undefined;
    if (symbol !== undefined && isField(member, seen)) snapshots.add(symbol);
  }
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
