import { ts } from "ts-morph";
import type { Machine } from "./step-lists.ts";
import type { CallNode } from "./syntax.ts";
import { bare, eachNode, memberOf, ownerOf, wrapped } from "./syntax.ts";

const RACES = new Set(["Promise.race", "Promise.resolve"]);

/** Awaited, returned, delegated to, or raced against a deadline in something that is awaited. */
export function isAwaited(call: CallNode, machine: Machine, depth = 0): boolean {
  if (!ts.isCallExpression(call)) return false;
  return isWaitedFor(call, machine, depth);
}

function isWaitedFor(value: ts.Expression, machine: Machine, depth: number): boolean {
  if (depth > 8) return false;
  const use = wrapped(value);
  const { parent } = use;
  if (ts.isAwaitExpression(parent) || ts.isReturnStatement(parent)) return true;
  if (ts.isYieldExpression(parent)) return parent.asteriskToken !== undefined;
  if (ts.isArrowFunction(parent)) return parent.body === use;
  if (ts.isForOfStatement(parent)) return parent.awaitModifier !== undefined && parent.expression === use;
  if (ts.isConditionalExpression(parent) && parent.condition !== use) return isWaitedFor(parent, machine, depth + 1);
  if (ts.isBinaryExpression(parent) && parent.right === use && /^(&&|\|\||\?\?)$/.test(parent.operatorToken.getText()))
    return isWaitedFor(parent, machine, depth + 1);
  if (ts.isArrayLiteralExpression(parent)) return isWaitedFor(parent, machine, depth + 1);
  const chained = chainedOn(use);
  if (chained !== undefined) return isWaitedFor(chained, machine, depth + 1);
  if (ts.isCallExpression(parent) && parent.arguments.includes(use)) {
    const isRace = RACES.has(bare(parent.expression).getText()) || isSettledAlone(parent);
    return (isRace || machine.functions.calleesOf(parent).length > 0) && isWaitedFor(parent, machine, depth + 1);
  }
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name))
    return isNameWaitedFor(parent.name, machine, depth);
  return false;
}

/** `Promise.allSettled([promise])` waits for its one promise, as `await` does. */
function isSettledAlone(call: ts.CallExpression): boolean {
  const [list] = call.arguments;
  const isOne = list !== undefined && ts.isArrayLiteralExpression(list) && list.elements.length === 1;
  return isOne && call.expression.getText() === "Promise.allSettled";
}

/** `value.then(…)` and its like: the promise that comes of it is the one to wait for. */
function chainedOn(value: ts.Expression): ts.CallExpression | undefined {
  const member = memberOf(value.parent);
  if (member?.object !== value || !["then", "catch", "finally"].includes(member.name ?? "")) return undefined;
  const { parent } = wrapped(value.parent as ts.Expression); // as: a member is an expression
  return ts.isCallExpression(parent) ? parent : undefined;
}

/** A constant that holds the promise: every use of it is waited for. */
function isNameWaitedFor(name: ts.Identifier, machine: Machine, depth: number): boolean {
  const { checker } = machine.program;
  const symbol = checker.getSymbolAtLocation(name);
  const uses: ts.Identifier[] = [];
  eachNode(ownerOf(name), (node) => {
    if (ts.isIdentifier(node) && node !== name && checker.getSymbolAtLocation(node) === symbol) uses.push(node);
  });
  return uses.length > 0 && uses.every((use) => isWaitedFor(use, machine, depth + 1));
}
