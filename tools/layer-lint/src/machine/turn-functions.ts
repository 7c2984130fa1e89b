import { ts } from "ts-morph";
import { symbolOf } from "./functions.ts";
import { isResult } from "./path-records.ts";
import type { Machine } from "./step-lists.ts";
import { isDeclaredList } from "./step-lists.ts";
import type { CallNode, FunctionNode } from "./syntax.ts";
import {
  argumentsOf,
  bare,
  calleeOf,
  eachOwnNode,
  isCallNode,
  isFunctionNode,
  memberOf,
  ownerOf,
  wrapped,
  writtenBy,
} from "./syntax.ts";

/** A function that is called once for each step, in their order: another form of the loop over the steps. */
export interface Turn {
  /** Called by `reduce`, by itself for the next place, or by whoever draws from the iterator that it is a part of. */
  readonly kind: "reduce" | "recursion" | "iterator";
  /** Names of the step whose turn it is. */
  readonly own: ReadonlySet<ts.Symbol>;
  /** What the function keeps from one turn to the next, with its first value; the place first. */
  readonly fields: readonly ts.PropertyDeclaration[];
}

/** The functions of this form, with what is known of them. */
export type Turns = ReadonlyMap<FunctionNode, Turn>;

const known = new WeakMap<Machine, Turns>();

/** Looks for the functions that are called once for each step. */
export function turnsOf(machine: Machine): Turns {
  const before = known.get(machine);
  if (before !== undefined) return before;
  const found = new Map<FunctionNode, Turn>();
  for (const fn of machine.functions.all) {
    if (!machine.functions.carriers.has(fn)) continue;
    const turn = reduced(fn, machine) ?? recursing(fn, machine) ?? drawing(fn, machine);
    if (turn !== undefined) found.set(fn, turn);
  }
  known.set(machine, found);
  return found;
}

/** `steps.reduce(async (before, step) => { const results = await before; …`: each turn begins when the one before has ended. */
function reduced(fn: FunctionNode, machine: Machine): Turn | undefined {
  const { checker } = machine.program;
  const call = wrapped(fn as ts.Expression).parent; // as: only expressions stand in calls
  const member = ts.isCallExpression(call) && call.arguments[0] === fn ? memberOf(bare(call.expression)) : undefined;
  const [before, step] = fn.parameters;
  if (member?.name !== "reduce" || before === undefined || step === undefined) return undefined;
  if (!isDeclaredList(member.object, machine) || !ts.isBlock(fn.body) || !ts.isIdentifier(before.name))
    return undefined;
  const [first] = fn.body.statements;
  const awaited = first === undefined ? undefined : awaitedFirst(first);
  const symbol = checker.getSymbolAtLocation(before.name);
  if (awaited === undefined || symbolOf(checker, awaited) !== symbol) return undefined;
  let uses = 0;
  eachOwnNode(fn.body, (node) => {
    if (ts.isIdentifier(node) && checker.getSymbolAtLocation(node) === symbol) uses += 1;
  });
  return uses === 1 ? { kind: "reduce", own: namesIn(step.name, machine), fields: [] } : undefined;
}

function awaitedFirst(statement: ts.Statement): ts.Expression | undefined {
  const value = ts.isExpressionStatement(statement)
    ? statement.expression
    : ts.isVariableStatement(statement)
      ? statement.declarationList.declarations[0]?.initializer
      : undefined;
  const node = value && bare(value);
  return node !== undefined && ts.isAwaitExpression(node) ? bare(node.expression) : undefined;
}

/** `const step = steps[index]` in a function that calls itself with `index + 1`, and is first called with 0. */
function recursing(fn: FunctionNode, machine: Machine): Turn | undefined {
  const { checker } = machine.program;
  const calls = machine.functions.callsTo(fn);
  const again = calls.filter((call) => ownerOf(call) === fn);
  if (again.length === 0) return undefined;
  const place = fn.parameters.findIndex((each) =>
    again.every((call) => isNext(argumentsOf(call)[fn.parameters.indexOf(each)], each, machine)),
  );
  const parameter = fn.parameters[place];
  if (parameter === undefined) return undefined;
  const first = calls.filter((call) => !again.includes(call));
  const isDefault = parameter.initializer?.getText() === "0";
  const isFromStart = first.every((call) => (argumentsOf(call)[place]?.getText() ?? (isDefault ? "0" : "")) === "0");
  if (!isFromStart || (first.length === 0 && !isDefault)) return undefined;
  const isSame = (call: CallNode): boolean =>
    fn.parameters.every((each, index) => {
      if (index === place) return true;
      const argument = argumentsOf(call)[index];
      return argument !== undefined && symbolOf(checker, bare(argument)) === checker.getSymbolAtLocation(each.name);
    });
  if (!again.every(isSame)) return undefined;
  const symbol = checker.getSymbolAtLocation(parameter.name);
  const own = placed(fn, (node) => symbolOf(checker, node) === symbol, machine);
  return own.size > 0 && !isWrittenIn(fn, symbol, machine) ? { kind: "recursion", own, fields: [] } : undefined;
}

/** `index + 1`. */
function isNext(
  argument: ts.Expression | undefined,
  parameter: ts.ParameterDeclaration,
  { program }: Machine,
): boolean {
  const sum = argument && bare(argument);
  if (sum === undefined || !ts.isBinaryExpression(sum) || sum.operatorToken.kind !== ts.SyntaxKind.PlusToken)
    return false;
  const { checker } = program;
  return (
    symbolOf(checker, bare(sum.left)) === checker.getSymbolAtLocation(parameter.name) && sum.right.getText() === "1"
  );
}

/** The method `next` of a class that goes over the steps by a place of its own. */
function drawing(fn: FunctionNode, machine: Machine): Turn | undefined {
  const { parent: home } = fn;
  if (!ts.isMethodDeclaration(fn) || fn.name.getText() !== "next" || !ts.isClassLike(home) || fn.parameters.length > 0)
    return undefined;
  const fields = home.members
    .filter((each) => ts.isPropertyDeclaration(each))
    .filter((each) => isKept(each, fn, machine));
  for (const place of fields) {
    if (place.initializer?.getText() !== "0") continue;
    const isPlace = (node: ts.Expression): boolean => isOf(node, place, machine);
    const own = placed(fn, isPlace, machine);
    if (own.size > 0) return { kind: "iterator", own, fields: [place, ...fields.filter((each) => each !== place)] };
  }
  return undefined;
}

/** The field, counted on at the spot or not, or a constant that holds what it was. */
function isOf(node: ts.Expression, field: ts.PropertyDeclaration, machine: Machine): boolean {
  const { checker } = machine.program;
  const value = ts.isPostfixUnaryExpression(node) ? bare(node.operand) : node;
  const [declaration] = symbolOf(checker, value)?.declarations ?? [];
  if (declaration === field) return true;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined)
    return false;
  const isConst = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
  return isConst && isOf(bare(declaration.initializer), field, machine);
}

/** A private field with a first value, which only this method writes to. */
function isKept(field: ts.PropertyDeclaration, next: FunctionNode, { program }: Machine): boolean {
  const { checker } = program;
  const isPrivate =
    ts.isPrivateIdentifier(field.name) ||
    (ts.getModifiers(field) ?? []).some((each) => each.kind === ts.SyntaxKind.PrivateKeyword);
  const symbol = checker.getSymbolAtLocation(field.name);
  let isElsewhere = false;
  const visit = (node: ts.Node): void => {
    const target = writtenBy(node);
    if (target !== undefined && symbolOf(checker, bare(target)) === symbol) isElsewhere ||= ownerOf(node) !== next;
    ts.forEachChild(node, visit);
  };
  visit(field.getSourceFile());
  return isPrivate && field.initializer !== undefined && !isElsewhere;
}

/** Constants of the function that hold the step at this place of the declared list. */
function placed(fn: FunctionNode, isPlace: (node: ts.Expression) => boolean, machine: Machine): Set<ts.Symbol> {
  const own = new Set<ts.Symbol>();
  eachOwnNode(fn, (node) => {
    if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return;
    const value = bare(node.initializer);
    const member = ts.isCallExpression(value) ? memberOf(bare(value.expression)) : undefined;
    const at = ts.isElementAccessExpression(value)
      ? { list: value.expression, place: value.argumentExpression }
      : ts.isCallExpression(value) && member?.name === "at"
        ? { list: member.object, place: value.arguments[0] }
        : undefined;
    if (at?.place === undefined || !isDeclaredList(at.list, machine) || !isPlace(bare(at.place))) return;
    const isConst = (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0;
    if (isConst) for (const name of namesIn(node.name, machine)) own.add(name);
  });
  return own;
}

function isWrittenIn(fn: FunctionNode, symbol: ts.Symbol | undefined, { program }: Machine): boolean {
  let found = false;
  eachOwnNode(fn, (node) => {
    const target = writtenBy(node);
    if (target !== undefined && symbolOf(program.checker, bare(target)) === symbol) found = true;
  });
  return found;
}

function namesIn(name: ts.BindingName, { program }: Machine): Set<ts.Symbol> {
  const names = new Set<ts.Symbol>();
  const visit = (node: ts.Node): void => {
    const symbol = ts.isIdentifier(node) ? program.checker.getSymbolAtLocation(node) : undefined;
    if (symbol !== undefined) names.add(symbol);
    ts.forEachChild(node, visit);
  };
  visit(name);
  return names;
}

/** Whether the call goes on to the next step: a function that performs one calls itself for the one after it. */
export function isNextTurn(call: CallNode, machine: Machine): boolean {
  const owner = ownerOf(call);
  if (!isFunctionNode(owner) || turnsOf(machine).get(owner)?.kind !== "recursion") return false;
  return machine.functions.calleesOf(call).includes(owner);
}

/** The function that the call has called once for each step. */
export function reducer(call: CallNode, machine: Machine): FunctionNode | undefined {
  const member = memberOf(bare(calleeOf(call)));
  const [first] = argumentsOf(call);
  if (member?.name !== "reduce" || first === undefined) return undefined;
  const target = bare(first);
  return isFunctionNode(target) && turnsOf(machine).get(target)?.kind === "reduce" ? target : undefined;
}

/** Whether the expression is a result that such a function gives back: by itself, or as a part of what it gives back. */
export function isGivenBack(node: ts.Expression, machine: Machine): boolean {
  const turns = turnsOf(machine);
  if (turns.size === 0 || ts.isSpreadElement(node)) return false;
  const owner = ownerOf(node);
  if (!isFunctionNode(owner) || !turns.has(owner) || isCallNode(node) || !isResult(node, machine)) return false;
  let isInside = false;
  for (let at = wrapped(node); ; isInside = true) {
    const { parent } = at;
    if (ts.isReturnStatement(parent)) return true;
    if (ts.isArrowFunction(parent)) return parent.body === at;
    if (ts.isVariableDeclaration(parent)) return isInside;
    if (ts.isArrayLiteralExpression(parent)) at = wrapped(parent);
    else if (ts.isPropertyAssignment(parent)) at = wrapped(parent.parent);
    else if (isInside && ts.isConditionalExpression(parent)) at = wrapped(parent);
    else if (ts.isCallExpression(parent) && /^(?:Object\.freeze|Promise\.resolve)$/.test(parent.expression.getText()))
      at = wrapped(parent);
    else return false;
  }
}
