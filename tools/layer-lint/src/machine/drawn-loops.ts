import { ts } from "ts-morph";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import { isDeclaredList } from "./step-lists.ts";
import { bare, eachNode, isFunctionNode, isLoop, memberOf, writtenBy } from "./syntax.ts";

/** A loop that takes one step after the other out of an iterator, or off the head of a copy of its own. */
export interface Drawn {
  /** The iterator, or the copy. */
  readonly source: ts.Symbol;
  /** The names of what was taken in this round. */
  readonly own: ReadonlySet<ts.Symbol>;
}

/** What the loop draws from, if it draws each step once and in order, and stops when there is none. */
export function drawnBy(loop: ts.IterationStatement, machine: Machine): Drawn | undefined {
  const form = ts.isForStatement(loop)
    ? (fromHead(loop, machine) ?? fromBody(loop, machine))
    : ts.isWhileStatement(loop)
      ? (fromCondition(loop, machine) ?? fromBody(loop, machine))
      : undefined;
  return form !== undefined && isOnlySo(form, loop, machine) ? form : undefined;
}

/** Whether a step is taken off the head of this list by the loop that goes over it so. */
export function isTakenInTurn(list: ts.Expression, machine: Machine): boolean {
  const source = symbolOf(machine.program.checker, bare(list));
  for (let at: ts.Node = list; !isFunctionNode(at) && !ts.isSourceFile(at); at = at.parent) {
    if (isLoop(at)) return source !== undefined && drawnBy(at, machine)?.source === source;
  }
  return false;
}

interface Form extends Drawn {
  /** Every place at which the source may be named. */
  readonly places: readonly ts.Node[];
  /** How often the loop itself writes what it has drawn. */
  readonly writes: number;
}

/** `for (let next = it.next(); !next.done; next = it.next())`, and the same with `shift`. */
function fromHead({ initializer, condition, incrementor }: ts.ForStatement, machine: Machine): Form | undefined {
  if (initializer === undefined || condition === undefined || incrementor === undefined) return undefined;
  const first = declared(initializer, machine);
  const again = bare(incrementor);
  if (first === undefined || !ts.isBinaryExpression(again)) return undefined;
  const next = draw(again.right, machine);
  const isSame = next?.source === first.source && symbolOf(machine.program.checker, bare(again.left)) === first.name;
  if (!isSame || again.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return undefined;
  if (!says(condition, { name: first.name, isOver: false }, machine)) return undefined;
  return { source: first.source, own: new Set([first.name]), places: [first.place, next.place], writes: 1 };
}

/** `while ((step = queue.shift()) !== undefined)`, `while (!(next = it.next()).done)`. */
function fromCondition({ expression }: ts.WhileStatement, machine: Machine): Form | undefined {
  const { checker } = machine.program;
  let form: Form | undefined;
  const visit = (node: ts.Node): void => {
    const drawn = ts.isBinaryExpression(node) ? draw(node.right, machine) : undefined;
    const name = drawn && ts.isBinaryExpression(node) ? symbolOf(checker, bare(node.left)) : undefined;
    const isOpen = name !== undefined && says(expression, { name, isOver: false }, machine);
    if (drawn !== undefined && isOpen)
      form = { source: drawn.source, own: new Set([name]), places: [drawn.place], writes: 1 };
    ts.forEachChild(node, visit);
  };
  visit(expression);
  return form;
}

/** `while (queue.length > 0) { const step = queue.shift(); …`, and endless loops that are left when nothing was drawn. */
function fromBody(loop: ts.WhileStatement | ts.ForStatement, machine: Machine): Form | undefined {
  const [first, second] = ts.isBlock(loop.statement) ? loop.statement.statements : [];
  if (first === undefined || !ts.isVariableStatement(first)) return undefined;
  const drawn = declared(first.declarationList, machine);
  if (drawn === undefined) return undefined;
  const form = { source: drawn.source, own: drawn.names, writes: 0 };
  if (ts.isForStatement(loop) && (loop.initializer ?? loop.incrementor) !== undefined) return undefined;
  const condition = ts.isForStatement(loop) ? loop.condition : loop.expression;
  const counted = condition === undefined ? undefined : lengthAsked(condition, machine);
  if (counted?.source === drawn.source) return { ...form, places: [drawn.place, counted.place] };
  const isEndless = condition === undefined || condition.kind === ts.SyntaxKind.TrueKeyword;
  if (!isEndless || second === undefined || !ts.isIfStatement(second) || !isLeaving(second.thenStatement))
    return undefined;
  const isOver = [...drawn.names].some((name) => says(second.expression, { name, isOver: true }, machine));
  return isOver ? { ...form, places: [drawn.place] } : undefined;
}

interface Place {
  readonly source: ts.Symbol;
  readonly place: ts.Node;
}

/** `it.next()`, `queue.shift()`. */
function draw(expression: ts.Expression, machine: Machine): Place | undefined {
  const call = bare(expression);
  const member = ts.isCallExpression(call) && call.arguments.length === 0 ? memberOf(bare(call.expression)) : undefined;
  const place = member && bare(member.object);
  if (place === undefined || !ts.isIdentifier(place)) return undefined;
  const source = symbolOf(machine.program.checker, place);
  const [declaration] = source?.declarations ?? [];
  if (source === undefined || declaration === undefined || !ts.isVariableDeclaration(declaration)) return undefined;
  const { initializer } = declaration;
  const isConst = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
  if (initializer === undefined || !isConst) return undefined;
  const isSource =
    member?.name === "next"
      ? isIterator(bare(initializer), machine)
      : member?.name === "shift" && isCopy(bare(initializer), machine);
  return isSource ? { source, place } : undefined;
}

/** `steps.entries()`, `steps.values()`, `steps[Symbol.iterator]()`. */
function isIterator(made: ts.Expression, machine: Machine): boolean {
  if (!ts.isCallExpression(made) || made.arguments.length > 0) return false;
  const callee = bare(made.expression);
  const member = memberOf(callee);
  if (member === undefined) return false;
  const isPlain = ts.isElementAccessExpression(callee) && callee.argumentExpression.getText() === "Symbol.iterator";
  return (isPlain || ["entries", "values"].includes(member.name ?? "")) && isDeclaredList(member.object, machine);
}

/** A new list with the same steps, which nobody else holds. */
function isCopy(made: ts.Expression, machine: Machine): boolean {
  const isNew =
    ts.isArrayLiteralExpression(made) ||
    (ts.isCallExpression(made) && /(?:\.(?:slice|concat|map)|^Array\.from)$/.test(made.expression.getText()));
  return isNew && isDeclaredList(made, machine);
}

interface Taken extends Place {
  readonly name: ts.Symbol;
  readonly names: ReadonlySet<ts.Symbol>;
}

/** The one declaration whose value is drawn. */
function declared(list: ts.ForInitializer, machine: Machine): Taken | undefined {
  const [only, second] = ts.isVariableDeclarationList(list) ? list.declarations : [];
  if (only?.initializer === undefined || second !== undefined) return undefined;
  const drawn = draw(only.initializer, machine);
  const names = new Set<ts.Symbol>();
  const add = (node: ts.Node): void => {
    const symbol = ts.isIdentifier(node) ? machine.program.checker.getSymbolAtLocation(node) : undefined;
    if (symbol !== undefined) names.add(symbol);
  };
  add(only.name);
  eachNode(only.name, add);
  const [name] = names;
  return drawn === undefined || name === undefined ? undefined : { ...drawn, name, names };
}

/** Whether a condition asks just this: whether something was drawn, or nothing. */
function says(
  condition: ts.Expression,
  asked: { readonly name: ts.Symbol; readonly isOver: boolean },
  machine: Machine,
): boolean {
  const node = bare(condition);
  const { name, isOver } = asked;
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return says(node.operand, { name, isOver: !isOver }, machine);
  if (ts.isBinaryExpression(node) && /^[!=]==?$/.test(node.operatorToken.getText())) {
    const isSame = node.operatorToken.getText().startsWith("=");
    const other = bare(node.right).getText();
    if (other === "undefined" || other === "null")
      return isName(node.left, name, machine) && isSame === isOver && isUndefinedOnly(node);
    const isTrue = other === "true";
    if (!isTrue && other !== "false") return false;
    return isDone(node.left, name, machine) && (isSame === isTrue) === isOver;
  }
  return isDone(node, name, machine) ? isOver : isName(node, name, machine) && !isOver;
}

/** `!== null` would hold of what was not drawn. */
function isUndefinedOnly(node: ts.BinaryExpression): boolean {
  return bare(node.right).getText() === "undefined" || node.operatorToken.getText().length === 2;
}

/** `next.done`, or `done` taken out of it. */
function isDone(expression: ts.Expression, name: ts.Symbol, machine: Machine): boolean {
  const node = bare(expression);
  const member = memberOf(node);
  if (member !== undefined) return member.name === "done" && isNamed(member.object, name, machine);
  return ts.isIdentifier(node) && node.text === "done" && symbolOf(machine.program.checker, node) === name;
}

/** The name itself, or its writing in the condition; an iterator's answer is always there and says nothing by itself. */
function isName(expression: ts.Expression, name: ts.Symbol, machine: Machine): boolean {
  const node = bare(expression);
  const target = ts.isBinaryExpression(node) ? bare(node.left) : node;
  const { program, words } = machine;
  return isNamed(node, name, machine) && words.isStep(program.checker.getTypeAtLocation(target));
}

function isNamed(expression: ts.Expression, name: ts.Symbol, { program }: Machine): boolean {
  const node = bare(expression);
  return symbolOf(program.checker, ts.isBinaryExpression(node) ? bare(node.left) : node) === name;
}

/** `queue.length > 0`, `queue.length !== 0`, `queue.length`. */
function lengthAsked(condition: ts.Expression, { program }: Machine): Place | undefined {
  const node = bare(condition);
  const isCompared = ts.isBinaryExpression(node);
  if (isCompared && !(/^(?:>|!==?)$/.test(node.operatorToken.getText()) && node.right.getText() === "0"))
    return undefined;
  const member = memberOf(bare(isCompared ? node.left : node));
  if (member?.name !== "length") return undefined;
  const source = symbolOf(program.checker, bare(member.object));
  return source === undefined ? undefined : { source, place: bare(member.object) };
}

function isLeaving(statement: ts.Statement): boolean {
  const [only, second] = ts.isBlock(statement) ? statement.statements : [statement];
  if (only === undefined || second !== undefined) return false;
  return ts.isReturnStatement(only) || (ts.isBreakStatement(only) && only.label === undefined);
}

/** Whether nothing else is done with the source, and nobody else writes what was drawn. */
function isOnlySo({ source, own, places, writes }: Form, loop: ts.IterationStatement, { program }: Machine): boolean {
  const { checker } = program;
  let others = 0;
  eachNode(loop.getSourceFile(), (node) => {
    if (!ts.isIdentifier(node) || places.includes(node) || checker.getSymbolAtLocation(node) !== source) return;
    const isDeclaration = ts.isVariableDeclaration(node.parent) && node.parent.name === node;
    const isLengthRead = memberOf(node.parent)?.name === "length" && writtenBy(node.parent.parent) === undefined;
    if (!isDeclaration && !isLengthRead) others += 1;
  });
  let written = 0;
  eachNode(loop, (node) => {
    const target = writtenBy(node);
    const symbol = target === undefined ? undefined : symbolOf(checker, bare(target));
    if (symbol !== undefined && own.has(symbol)) written += 1;
  });
  return others === 0 && written === writes;
}
