import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import type { Held, Seen } from "./seen-health.ts";
import { isMerelyAName, isSnapshot } from "./seen-health.ts";
import type { Machine } from "./step-lists.ts";
import { argumentsOf, bare, calleeOf, eachNode, eachOwnNode, isCallNode, memberOf, ownerOf } from "./syntax.ts";

/** What was seen of health decides nothing: no condition looks into it. */
export function conditionFaults(machine: Machine, held: Held): Fault[] {
  const { program } = machine;
  const faults: Fault[] = [];
  const seen: Seen = { ...held, machine };
  const look = (condition: ts.Expression): void => {
    const part = decidingPart(condition, seen);
    if (part !== undefined) faults.push(decides(part));
  };
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node) || ts.isSwitchStatement(node))
        look(node.expression);
      if (ts.isConditionalExpression(node)) look(node.condition);
      for (const { condition, ways } of forksOf(node)) {
        if (isCarried(node, machine) && ways.some((way) => turns(way, machine)) && mentionsSnapshot(condition, seen))
          faults.push(decides(condition));
      }
      for (const choice of choicesOf(node, machine)) {
        if (mentionsSnapshot(choice, seen)) faults.push(decides(choice));
      }
      if (ts.isForStatement(node) && node.condition !== undefined) look(node.condition);
      if (ts.isBinaryExpression(node) && /^(&&|\|\||\?\?)$/.test(node.operatorToken.getText())) look(node.left);
    });
  }
  return faults;
}

interface Turning {
  readonly condition: ts.Expression;
  readonly ways: readonly ts.Node[];
}

/** Conditions, with what is done or not by them. */
function forksOf(node: ts.Node): readonly Turning[] {
  if (ts.isIfStatement(node))
    return [
      { condition: node.expression, ways: [node.thenStatement, ...(node.elseStatement ? [node.elseStatement] : [])] },
    ];
  if (ts.isConditionalExpression(node)) return [{ condition: node.condition, ways: [node.whenTrue, node.whenFalse] }];
  const isChoice = ts.isBinaryExpression(node) && /^(&&|\|\||\?\?)$/.test(node.operatorToken.getText());
  return isChoice ? [{ condition: node.left, ways: [node.right] }] : [];
}

/** Where steps are performed, even whether anything was seen decides if it has the run go another way. */
function isCarried(node: ts.Node, { functions }: Machine): boolean {
  return functions.carriers.has(ownerOf(node));
}

/** Whether this way performs a step, or leaves the path. */
function turns(way: ts.Node, { functions }: Machine): boolean {
  const isTurn = (node: ts.Node): boolean =>
    ts.isBreakOrContinueStatement(node) ||
    ts.isReturnStatement(node) ||
    ts.isThrowStatement(node) ||
    (isCallNode(node) && functions.performs(node));
  let found = isTurn(way);
  eachOwnNode(way, (node) => {
    found ||= isTurn(node);
  });
  return found;
}

function decides(node: ts.Node): Fault {
  const message = "What was seen of health decides here: the machine records it, and decides nothing by it";
  return { law: "read-only", node, message };
}

/** What something is chosen by: keys, and what the step is performed with. */
function choicesOf(node: ts.Node, { functions }: Machine): readonly ts.Expression[] {
  if (ts.isElementAccessExpression(node)) return [node.argumentExpression];
  if (!isCallNode(node)) return [];
  if (functions.callsPort(node)) return argumentsOf(node);
  const name = memberOf(bare(calleeOf(node)))?.name ?? "";
  return ["get", "has", "at", "includes", "indexOf", "slice", "splice"].includes(name) ? argumentsOf(node) : [];
}

function mentionsSnapshot(expression: ts.Expression, seen: Seen): boolean {
  let found = isSnapshot(expression, seen);
  eachNode(expression, (node) => {
    if (ts.isExpression(node) && !ts.isTypeNode(node) && !isMerelyAName(node) && isSnapshot(node, seen)) found = true;
  });
  return found;
}

/** The part of a condition that looks into what was seen; asking whether anything was seen, or of which form it is, is none. */
function decidingPart(expression: ts.Expression, seen: Seen): ts.Expression | undefined {
  const node = bare(expression);
  if (ts.isPrefixUnaryExpression(node)) return decidingPart(node.operand, seen);
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.getText();
    if (operator === "instanceof") return undefined;
    if (/^(&&|\|\||\?\?)$/.test(operator)) return decidingPart(node.left, seen) ?? decidingPart(node.right, seen);
    if (operator === "in")
      return bare(node.left).getText() === '"then"' ? undefined : isSnapshot(node.right, seen) ? node : undefined;
    if (/^[!=]==?$/.test(operator) && [node.left, node.right].some(isNothing))
      return partOfMember(node.left, seen) ?? partOfMember(node.right, seen);
    return (
      decidingPart(node.left, seen) ?? decidingPart(node.right, seen) ?? (isSnapshot(node, seen) ? node : undefined)
    );
  }
  if (ts.isTypeOfExpression(node)) return undefined;
  if (ts.isCallExpression(node)) {
    if (/^(Array\.isArray|Boolean)$/.test(node.expression.getText())) return undefined;
    return isSnapshot(node, seen) || node.arguments.some((each) => isSnapshot(each, seen)) ? node : undefined;
  }
  if (isWhole(node, seen)) {
    const type = seen.machine.program.checker.getTypeAtLocation(node);
    const isObject =
      (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Unknown | ts.TypeFlags.Union)) !== 0 &&
      (type.flags & ts.TypeFlags.Boolean) === 0;
    return isObject ? undefined : node;
  }
  return partOfMember(node, seen);
}

function partOfMember(node: ts.Expression, seen: Seen): ts.Expression | undefined {
  const member = memberOf(bare(node));
  return member !== undefined && isSnapshot(member.object, seen) ? node : undefined;
}

/** A name, or a member of something else, under which all that was seen is kept. */
function isWhole(node: ts.Expression, seen: Seen): boolean {
  const member = memberOf(node);
  if (member !== undefined && isSnapshot(member.object, seen)) return false;
  return (ts.isIdentifier(node) || member !== undefined) && isSnapshot(node, seen);
}

function isNothing(node: ts.Expression): boolean {
  const text = bare(node).getText();
  return text === "undefined" || text === "null";
}
