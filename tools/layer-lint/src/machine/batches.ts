import { ts } from "ts-morph";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import { isDeclaredList } from "./step-lists.ts";
import type { FunctionNode } from "./syntax.ts";
import { bare, eachNode, isFunctionNode, isLoop, memberOf, writtenBy } from "./syntax.ts";

/**
 * The loop that cuts the declared steps into batches, if `inner` goes over one of them: batch after batch, and in each step
 * after step, they are the declared steps in their order.
 */
export function batchesAround(inner: ts.IterationStatement, machine: Machine): ts.IterationStatement | undefined {
  if (!ts.isForOfStatement(inner)) return undefined;
  const outer = loopAround(inner);
  const batch = outer && batchOf(inner.expression, outer, machine);
  if (outer === undefined || batch === undefined) return undefined;
  if (ts.isForStatement(outer))
    return isSlice(batch, outer, { machine, isList: isDeclared(machine) }) ? outer : undefined;
  if (!ts.isForOfStatement(outer) || !isConstant(outer.initializer)) return undefined;
  const [cut] = outer.initializer.declarations;
  const { checker } = machine.program;
  const isCut = cut !== undefined && symbolOf(checker, batch) === checker.getSymbolAtLocation(cut.name);
  return isCut && isCutting(bare(outer.expression), machine) ? outer : undefined;
}

/** Whether the loop cuts the steps into batches that a loop in it goes over. */
export function isOverBatches(outer: ts.IterationStatement, machine: Machine): boolean {
  let found = false;
  eachNode(outer.statement, (node) => {
    if (!found && isLoop(node)) found = batchesAround(node, machine) === outer;
  });
  return found;
}

/** The next loop around it, in the same function. */
function loopAround(inner: ts.Node): ts.IterationStatement | undefined {
  for (let at = inner.parent; !isFunctionNode(at) && !ts.isSourceFile(at); at = at.parent) if (isLoop(at)) return at;
  return undefined;
}

/** What is gone over: without `entries()`, and for a constant of the round what it was made of. */
function batchOf(expression: ts.Expression, outer: ts.IterationStatement, machine: Machine): ts.Expression | undefined {
  const node = bare(expression);
  const member = ts.isCallExpression(node) && node.arguments.length === 0 ? memberOf(bare(node.expression)) : undefined;
  if (member !== undefined && ["entries", "values"].includes(member.name ?? ""))
    return batchOf(member.object, outer, machine);
  if (!ts.isIdentifier(node)) return node;
  const [declaration] = symbolOf(machine.program.checker, node)?.declarations ?? [];
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return node;
  const isConst = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
  const isInside = declaration.pos >= outer.statement.pos && declaration.end <= outer.statement.end;
  return isConst && isInside && declaration.initializer !== undefined ? bare(declaration.initializer) : node;
}

function isConstant(initializer: ts.ForInitializer): initializer is ts.VariableDeclarationList {
  return ts.isVariableDeclarationList(initializer) && (initializer.flags & ts.NodeFlags.Const) !== 0;
}

function isDeclared(machine: Machine): (list: ts.Expression) => boolean {
  return (list) => isDeclaredList(list, machine);
}

interface Cutting {
  readonly machine: Machine;
  readonly isList: (list: ts.Expression) => boolean;
}

/** `list.slice(start, start + size)` in `for (let start = 0; start < list.length; start += size)`. */
function isSlice(batch: ts.Expression, loop: ts.ForStatement, { machine, isList }: Cutting): boolean {
  const { checker } = machine.program;
  const { initializer, condition, incrementor } = loop;
  const [counter, second] =
    initializer !== undefined && ts.isVariableDeclarationList(initializer) ? initializer.declarations : [];
  if (counter?.initializer?.getText() !== "0" || second !== undefined) return false;
  const start = checker.getSymbolAtLocation(counter.name);
  const isStart = (node: ts.Expression): boolean =>
    ts.isIdentifier(bare(node)) && symbolOf(checker, bare(node)) === start;
  if (condition === undefined || !ts.isBinaryExpression(condition) || condition.operatorToken.getText() !== "<")
    return false;
  const end = memberOf(bare(condition.right));
  if (!isStart(condition.left) || end?.name !== "length" || !isList(end.object)) return false;
  const isStep =
    incrementor !== undefined && ts.isBinaryExpression(incrementor) && incrementor.operatorToken.getText() === "+=";
  if (!isStep || !isStart(incrementor.left) || !isSize(bare(incrementor.right), machine)) return false;
  const cut = bare(batch);
  const member = ts.isCallExpression(cut) ? memberOf(bare(cut.expression)) : undefined;
  if (!ts.isCallExpression(cut) || member?.name !== "slice" || !isList(member.object)) return false;
  const [from, to] = cut.arguments;
  const size = incrementor.right.getText();
  const isWhole =
    to !== undefined && ts.isBinaryExpression(bare(to)) && isSum(bare(to) as ts.BinaryExpression, isStart, size); // as: just seen
  return from !== undefined && isStart(from) && isWhole && !isWritten(loop.statement, start, checker);
}

function isSum(
  { left, operatorToken, right }: ts.BinaryExpression,
  isStart: (node: ts.Expression) => boolean,
  size: string,
): boolean {
  return operatorToken.getText() === "+" && isStart(left) && right.getText() === size;
}

/** A number of at least one, or a constant or parameter that nobody writes to. */
function isSize(size: ts.Expression, { program }: Machine): boolean {
  if (ts.isNumericLiteral(size)) return Number.isInteger(Number(size.text)) && Number(size.text) >= 1;
  const symbol = symbolOf(program.checker, size);
  const [declaration] = symbol?.declarations ?? [];
  if (symbol === undefined || declaration === undefined) return false;
  if (ts.isParameter(declaration)) return !isWritten(declaration.parent, symbol, program.checker);
  return ts.isVariableDeclaration(declaration) && (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
}

function isWritten(node: ts.Node, symbol: ts.Symbol | undefined, checker: ts.TypeChecker): boolean {
  let found = false;
  eachNode(node, (each) => {
    const target = writtenBy(each);
    if (target !== undefined && symbolOf(checker, bare(target)) === symbol) found = true;
  });
  return found;
}

/** A call of a function of the layer that does nothing but cut the list that it is given. */
function isCutting(call: ts.Expression, machine: Machine): boolean {
  if (!ts.isCallExpression(call)) return false;
  const [cutter, second] = machine.functions.calleesOf(call);
  const [list] = call.arguments;
  return (
    cutter !== undefined &&
    second === undefined &&
    list !== undefined &&
    isDeclaredList(list, machine) &&
    cuts(cutter, machine)
  );
}

/** `for (…; start += size) yield list.slice(start, start + size)`, or the same pushed into a list that is given back. */
function cuts(cutter: FunctionNode, machine: Machine): boolean {
  const { checker } = machine.program;
  const list = cutter.parameters[0] && checker.getSymbolAtLocation(cutter.parameters[0].name);
  const isList = (node: ts.Expression): boolean => list !== undefined && symbolOf(checker, bare(node)) === list;
  if (!ts.isBlock(cutter.body)) return false;
  const loops = cutter.body.statements.filter((each) => ts.isForStatement(each));
  const [loop] = loops;
  if (loop === undefined || loops.length !== 1) return false;
  const inside = ts.isBlock(loop.statement) ? [...loop.statement.statements] : [loop.statement];
  const [only] = inside;
  if (inside.length !== 1 || only === undefined || !ts.isExpressionStatement(only)) return false;
  const outside = cutter.body.statements.filter((each) => each !== loop);
  if (!outside.every((each) => ts.isReturnStatement(each) || isEmptyList(each))) return false;
  const batch = ts.isYieldExpression(only.expression) ? only.expression.expression : pushed(only.expression, outside);
  return batch !== undefined && isSlice(batch, loop, { machine, isList });
}

function isEmptyList(statement: ts.Statement): boolean {
  if (!ts.isVariableStatement(statement)) return false;
  return statement.declarationList.declarations.every(({ initializer }) => initializer?.getText() === "[]");
}

/** What is pushed into the list that is given back. */
function pushed(expression: ts.Expression, around: readonly ts.Statement[]): ts.Expression | undefined {
  if (!ts.isCallExpression(expression)) return undefined;
  const member = memberOf(bare(expression.expression));
  const isReturned = around.some(
    (each) => ts.isReturnStatement(each) && each.expression?.getText() === member?.object.getText(),
  );
  return member?.name === "push" && isReturned && expression.arguments.length === 1
    ? expression.arguments[0]
    : undefined;
}
