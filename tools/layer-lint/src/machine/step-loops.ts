import { ts } from "ts-morph";
import { batchesAround } from "./batches.ts";
import { drawnBy } from "./drawn-loops.ts";
import type { Machine } from "./step-lists.ts";
import { isDeclaredList } from "./step-lists.ts";
import { symbolOf } from "./functions.ts";
import { bare, eachNode, memberOf, writtenBy } from "./syntax.ts";

/** The one loop in which steps may be performed: upwards over the declared steps, each once. */
export function isStepLoop(loop: ts.IterationStatement, machine: Machine): boolean {
  if (ts.isForOfStatement(loop)) {
    const isWhole = isDeclaredList(loop.expression, machine) || batchesAround(loop, machine) !== undefined;
    return isWhole && isConstant(loop.initializer);
  }
  if (ts.isForStatement(loop) && isCountingUp(loop, machine)) return true;
  return drawnBy(loop, machine) !== undefined;
}

/** Whether these loops, the innermost first, perform each step once: the one over the steps, alone or in that over their batches. */
export function areStepLoops(loops: readonly ts.IterationStatement[], machine: Machine): boolean {
  const [inner, outer, third] = loops;
  if (inner === undefined || third !== undefined || !isStepLoop(inner, machine)) return false;
  return outer === batchesAround(inner, machine);
}

/** The names that the head of the loop gives to the step whose turn it is. */
export function ownNames(loop: ts.IterationStatement, machine: Machine): ReadonlySet<ts.Symbol> {
  const drawn = ts.isForStatement(loop) && isCountingUp(loop, machine) ? undefined : drawnBy(loop, machine);
  if (drawn !== undefined) return drawn.own;
  const own = new Set<ts.Symbol>();
  const head = ts.isForOfStatement(loop) || ts.isForStatement(loop) ? loop.initializer : undefined;
  if (head === undefined) return own;
  eachNode(head, (node) => {
    const symbol = ts.isIdentifier(node) ? machine.program.checker.getSymbolAtLocation(node) : undefined;
    if (symbol !== undefined) own.add(symbol);
  });
  return own;
}

/** Whether the loop counts, and a step is found by its place. */
export function isCounted(loop: ts.IterationStatement | undefined, machine: Machine): loop is ts.ForStatement {
  return loop !== undefined && ts.isForStatement(loop) && isCountingUp(loop, machine);
}

/** Whether the loop goes over steps at all, in whatever order, or takes them out of a list. */
export function isOverSteps(loop: ts.IterationStatement, { program, words }: Machine): boolean {
  const isList = (node: ts.Node): boolean => words.isStepList(program.checker.getTypeAtLocation(node));
  if (ts.isForOfStatement(loop)) return isList(loop.expression);
  let takes = false;
  eachNode(loop, (node) => {
    const member = ts.isCallExpression(node) ? memberOf(bare(node.expression)) : undefined;
    if (
      ["next", "shift", "pop", "splice"].includes(member?.name ?? "") &&
      member !== undefined &&
      isList(member.object)
    )
      takes = true;
  });
  return takes;
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
