import { ts } from "ts-morph";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import { argumentsOf, bare, eachNode, memberOf } from "./syntax.ts";

/** The key of a look-up in a table of values that stands in the code: `TABLE[key]`, `TABLE.get(key)`. */
export function tableKey(node: ts.Node, machine: Machine): ts.Expression | undefined {
  if (ts.isElementAccessExpression(node))
    return isTable(node.expression, node, machine) ? node.argumentExpression : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  const member = memberOf(bare(node.expression));
  const [key] = argumentsOf(node);
  return member?.name === "get" && isTable(member.object, node, machine) ? key : undefined;
}

/** A constant written down in the layer that holds values; one of things that perform steps is no table of values. */
function isTable(holder: ts.Expression, look: ts.Expression, { program, words }: Machine): boolean {
  if (words.isPort(program.checker.getTypeAtLocation(look))) return false;
  const table = bare(holder);
  const written =
    ts.isIdentifier(table) || memberOf(table) !== undefined ? initializerOf(table, program.checker) : table;
  if (written === undefined) return false;
  if (ts.isObjectLiteralExpression(written) || ts.isArrayLiteralExpression(written)) return holdsValues(written);
  return ts.isNewExpression(written) && /^(Map|Set)$/.test(written.expression.getText()) && holdsValues(written);
}

/** Whether there is a text or a number in it: an empty one is filled from elsewhere. */
function holdsValues(written: ts.Expression): boolean {
  let holds = false;
  eachNode(written, (node) => {
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) holds = true;
    if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) holds = true;
  });
  return holds;
}

/** What a constant, or a member of a frozen one, was written down as. */
function initializerOf(name: ts.Expression, checker: ts.TypeChecker): ts.Expression | undefined {
  const [declaration] = symbolOf(checker, name)?.declarations ?? [];
  const isVariable =
    declaration !== undefined &&
    (ts.isVariableDeclaration(declaration) ||
      ts.isPropertyDeclaration(declaration) ||
      ts.isPropertyAssignment(declaration));
  if (!isVariable || declaration.initializer === undefined) return undefined;
  const value = bare(declaration.initializer);
  const isFrozen = ts.isCallExpression(value) && value.expression.getText() === "Object.freeze";
  return isFrozen && value.arguments[0] !== undefined ? bare(value.arguments[0]) : value;
}
