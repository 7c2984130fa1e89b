import { ts } from "ts-morph";
import type { Machine } from "./step-lists.ts";
import { isDeclaredList } from "./step-lists.ts";
import { symbolOf } from "./functions.ts";
import { bare, eachNode, memberOf, writtenBy } from "./syntax.ts";

/** The one loop in which steps may be performed: upwards over the declared steps, each once. */
export function isStepLoop(loop: ts.IterationStatement, machine: Machine): boolean {
  if (ts.isForOfStatement(loop)) return isDeclaredList(loop.expression, machine) && isConstant(loop.initializer);
  if (ts.isForStatement(loop)) return isCountingUp(loop, machine);
  return false;
}

/** Whether the loop goes over steps at all, in whatever order. */
export function isOverSteps(loop: ts.IterationStatement, { program, words }: Machine): boolean {
  if (!ts.isForOfStatement(loop)) return false;
  return words.isStepList(program.checker.getTypeAtLocation(loop.expression));
}

function isConstant(initializer: ts.ForInitializer): boolean {
  return ts.isVariableDeclarationList(initializer) && (initializer.flags & ts.NodeFlags.Const) !== 0;
}

/** `for (let i = 0; i < steps.length; i++)`, in which nothing else changes `i`. */
function isCountingUp(loop: ts.ForStatement, machine: Machine): boolean {
  const { initializer, condition, incrementor, statement } = loop;
  if (initializer === undefined || !ts.isVariableDeclarationList(initializer)) return false;
  const [counter] = initializer.declarations;
  if (counter === undefined || !ts.isIdentifier(counter.name) || counter.initializer?.getText() !== "0") return false;
  const { checker } = machine.program;
  const symbol = checker.getSymbolAtLocation(counter.name);
  const isCounter = (node: ts.Node): boolean => ts.isIdentifier(node) && checker.getSymbolAtLocation(node) === symbol;
  if (condition === undefined || incrementor === undefined) return false;
  if (!ts.isBinaryExpression(condition) || condition.operatorToken.kind !== ts.SyntaxKind.LessThanToken) return false;
  const end = memberOf(bare(condition.right));
  const isEnd =
    end?.name === "length" ? isDeclaredList(end.object, machine) : isLengthName(bare(condition.right), machine);
  if (!isCounter(condition.left) || !isEnd || !isPlusOne(incrementor, isCounter)) return false;
  let changed = false;
  eachNode(statement, (node) => {
    const written = writtenBy(node);
    if (written !== undefined && isCounter(bare(written))) changed = true;
  });
  return !changed;
}

function isLengthName(node: ts.Expression, machine: Machine): boolean {
  const [declaration] = symbolOf(machine.program.checker, node)?.declarations ?? [];
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined)
    return false;
  const member = memberOf(bare(declaration.initializer));
  return member?.name === "length" && isDeclaredList(member.object, machine);
}

function isPlusOne(node: ts.Expression, isCounter: (node: ts.Node) => boolean): boolean {
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node))
    return node.operator === ts.SyntaxKind.PlusPlusToken && isCounter(node.operand);
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken &&
    isCounter(node.left) &&
    node.right.getText() === "1"
  );
}
