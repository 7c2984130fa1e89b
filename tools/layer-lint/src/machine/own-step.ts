import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import { isDeclaredList } from "./step-lists.ts";
import type { CallNode } from "./syntax.ts";
import { isCounted } from "./step-loops.ts";
import { argumentsOf, bare, memberOf } from "./syntax.ts";

/** In the loop, what is performed is the step of this round. */
export function wrongStep(
  call: CallNode,
  own: ReadonlySet<ts.Symbol>,
  { machine, loop }: { readonly machine: Machine; readonly loop?: ts.IterationStatement },
): Fault[] {
  const { program, words } = machine;
  const { checker } = program;
  const steps = argumentsOf(call).filter((argument) => words.isStep(checker.getTypeAtLocation(argument)));
  return steps
    .filter((argument) => !isOwnStep(bare(argument), { own, loop, machine }))
    .map((argument) => ({ law: "in-order", node: argument, message: "This is not the step whose turn it is" }));
}

interface Turn {
  readonly own: ReadonlySet<ts.Symbol>;
  readonly loop?: ts.IterationStatement | undefined;
  readonly machine: Machine;
}

function isOwnStep(step: ts.Expression, turn: Turn): boolean {
  const { checker } = turn.machine.program;
  if (isAtOwnPlace(step, turn)) return true;
  const symbol = symbolOf(checker, step);
  if (symbol === undefined) return false;
  if (turn.own.has(symbol) && !isCounted(turn.loop, turn.machine)) return true;
  const [named] = symbol.declarations ?? [];
  const declaration = named === undefined || isCounted(turn.loop, turn.machine) ? named : takenApart(named);
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined)
    return false;
  const isConst = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
  if (!isConst || (turn.loop !== undefined && !isInside(declaration, turn.loop))) return false;
  const value = bare(declaration.initializer);
  return isCounted(turn.loop, turn.machine) ? isOwnStep(value, turn) : mentionsOwn(value, turn);
}

/** The declaration that takes a pair apart: `const [index, step] = next.value`, `const { value: step } = next`. */
function takenApart(node: ts.Declaration): ts.Declaration {
  const isOfPair =
    ts.isBindingElement(node) &&
    (ts.isArrayBindingPattern(node.parent) || (node.propertyName ?? node.name).getText() === "value");
  return isOfPair && ts.isVariableDeclaration(node.parent.parent) ? node.parent.parent : node;
}

/** `steps[index]` and `steps.at(index)` in a counted loop. */
function isAtOwnPlace(step: ts.Expression, { own, loop, machine }: Turn): boolean {
  if (!isCounted(loop, machine)) return false;
  const isCall = ts.isCallExpression(step);
  const member = isCall ? memberOf(bare(step.expression)) : undefined;
  const list = ts.isElementAccessExpression(step) ? step.expression : member?.name === "at" ? member.object : undefined;
  const place = ts.isElementAccessExpression(step) ? step.argumentExpression : isCall ? step.arguments[0] : undefined;
  if (list === undefined || place === undefined || !isDeclaredList(list, machine)) return false;
  const symbol = symbolOf(machine.program.checker, bare(place));
  return symbol !== undefined && own.has(symbol);
}

/** A constant of this round that is made of this round's step. */
function mentionsOwn(value: ts.Expression, { own, machine }: Turn): boolean {
  const { checker } = machine.program;
  let found = false;
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && own.has(checker.getSymbolAtLocation(node) as ts.Symbol)) found = true; // as: a Set answers false for undefined
    ts.forEachChild(node, visit);
  };
  visit(value);
  return found;
}

function isInside(node: ts.Node, outer: ts.Node): boolean {
  return node.getSourceFile() === outer.getSourceFile() && node.pos >= outer.pos && node.end <= outer.end;
}
