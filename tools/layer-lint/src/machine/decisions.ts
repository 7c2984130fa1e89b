import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import { constituents } from "./vocabulary.ts";
import { tableKey } from "./policy-tables.ts";
import { isHandedData, isHandedParameter, mentionsHandedData } from "./handed-data.ts";
import { bare, eachNode, memberOf } from "./syntax.ts";

/**
 * EXEC-005 without an import: a comparison of what was handed in with a value that stands in the code is a rule, and rules
 * are policy. The machine may compare what it made itself, what a handler gave back, and whether something is there.
 */
export function decisionFaults(machine: Machine): Fault[] {
  const faults: Fault[] = [];
  const add = (node: ts.Node): void => {
    faults.push({
      law: "cannot-reach",
      node,
      message: "The machine decides by what it was handed: that is policy, and belongs to a layer above",
    });
  };
  for (const file of machine.program.files) {
    eachNode(file, (node) => {
      if (ts.isBinaryExpression(node) && isRule(node, machine)) add(node);
      if (ts.isSwitchStatement(node) && isHandedData(bare(node.expression), machine)) add(node.expression);
      if (ts.isCallExpression(node) && isLookup(node, machine)) add(node);
      const key = tableKey(node, machine);
      if (key !== undefined && isWeighed(node, machine) && mentionsHandedData(key, machine)) add(node);
      if (ts.isBinaryExpression(node) && isCeiling(node, machine)) add(node);
      for (const condition of conditionsOf(node)) if (isFlag(condition, machine)) add(condition);
    });
  }
  return faults;
}

const COMPARISONS = /^(===?|!==?|<=?|>=?)$/;

function isRule(node: ts.BinaryExpression, machine: Machine): boolean {
  if (!COMPARISONS.test(node.operatorToken.getText())) return false;
  const [left, right] = [withoutDefault(node.left), withoutDefault(node.right)];
  return (
    (isHandedData(left, machine) && isValue(right, machine)) || (isHandedData(right, machine) && isValue(left, machine))
  );
}

/** What is taken if it is there: of `plan.tier ?? "basic"`, the tier. */
function withoutDefault(expression: ts.Expression): ts.Expression {
  const node = bare(expression);
  const isDefault = ts.isBinaryExpression(node) && /^(?:\?\?|\|\|)$/.test(node.operatorToken.getText());
  return isDefault ? withoutDefault(node.left) : node;
}

/** Whether a looked-up value can decide: a number or a yes or no, or a text that is compared; a text alone is a label. */
function isWeighed(look: ts.Node, { program }: Machine): boolean {
  const type = program.checker.getNonNullableType(program.checker.getTypeAtLocation(look));
  const isText = constituents(type).every((each) => (each.flags & ts.TypeFlags.StringLike) !== 0);
  if (!isText) return true;
  for (let at = look; !ts.isStatement(at); at = at.parent) {
    if (ts.isBinaryExpression(at) && COMPARISONS.test(at.operatorToken.getText())) return true;
    if (conditionsOf(at.parent).some((each) => each === at)) return true;
  }
  return false;
}

/** How many steps there are, beside something else than what the machine counts itself. */
function isCeiling(node: ts.BinaryExpression, machine: Machine): boolean {
  if (!COMPARISONS.test(node.operatorToken.getText())) return false;
  const [left, right] = [bare(node.left), bare(node.right)];
  const isLength = (each: ts.Expression): boolean => {
    const member = memberOf(each);
    return (
      member?.name === "length" && machine.words.isStepList(machine.program.checker.getTypeAtLocation(member.object))
    );
  };
  return (isLength(left) && !isCount(right, machine)) || (isLength(right) && !isCount(left, machine));
}

/** A number that the machine counts itself: of results, of steps, or by a variable; and one more or less than it. */
function isCount(expression: ts.Expression, machine: Machine): boolean {
  const node = bare(expression);
  const { checker } = machine.program;
  if (ts.isNumericLiteral(node)) return Number(node.text) <= 1;
  if (ts.isBinaryExpression(node) && /^[-+]$/.test(node.operatorToken.getText()))
    return isCount(node.left, machine) && isCount(node.right, machine);
  const member = memberOf(node);
  if (member !== undefined) {
    const type = checker.getTypeAtLocation(member.object);
    if (member.name !== "length" && member.name !== "size")
      return bare(member.object).kind === ts.SyntaxKind.ThisKeyword;
    return (
      machine.words.isEvidenceList(type) || machine.words.isStepList(type) || !isHandedData(member.object, machine)
    );
  }
  if (!ts.isIdentifier(node)) return false;
  const [declaration] = symbolOf(checker, node)?.declarations ?? [];
  if (declaration === undefined) return false;
  if (ts.isParameter(declaration)) return !isHandedParameter(declaration, machine);
  if (!ts.isVariableDeclaration(declaration)) return true; // the place in a list, taken apart
  const { initializer } = declaration;
  return initializer === undefined || ts.isForStatement(declaration.parent.parent) || isCount(initializer, machine);
}

/** A text, a number above one, or a constant of the layer that is one. Nothing, true and false say whether something is there. */
function isValue(node: ts.Expression, { program }: Machine): boolean {
  if (ts.isStringLiteralLike(node)) return node.text !== "";
  if (ts.isNumericLiteral(node)) return Number(node.text) > 1 || !Number.isInteger(Number(node.text));
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return true;
  const symbol =
    ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) ? symbolOf(program.checker, node) : undefined;
  const [declaration] = symbol?.declarations ?? [];
  if (declaration === undefined) return false;
  if (ts.isEnumMember(declaration)) return true;
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return false;
  const isConst = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
  const value = bare(declaration.initializer);
  return (
    isConst &&
    (ts.isStringLiteralLike(value) || ts.isNumericLiteral(value)) &&
    ts.isSourceFile(declaration.parent.parent.parent)
  );
}

/** Whether a member of what was handed in is looked up in a list of values that stands in the code. */
function isLookup(call: ts.CallExpression, machine: Machine): boolean {
  const member = memberOf(bare(call.expression));
  if (
    member?.name === undefined ||
    !["includes", "has", "indexOf", "startsWith", "endsWith", "match", "test"].includes(member.name)
  )
    return false;
  const { checker } = machine.program;
  const holder = bare(member.object);
  const [first] = call.arguments;
  if (first === undefined) return false;
  const isText =
    isHandedData(holder, machine) && (checker.getTypeAtLocation(holder).flags & ts.TypeFlags.StringLike) !== 0;
  if (isText && isValue(bare(first), machine)) return true;
  if (!isHandedData(bare(first), machine)) return false;
  const list = ts.isIdentifier(holder) ? initializerOf(holder, checker) : holder;
  if (list === undefined) return false;
  if (ts.isRegularExpressionLiteral(list) || ts.isArrayLiteralExpression(list)) return true;
  return ts.isNewExpression(list) && list.expression.getText() === "Set" && (list.arguments ?? []).length > 0;
}

function initializerOf(name: ts.Identifier, checker: ts.TypeChecker): ts.Expression | undefined {
  const [declaration] = symbolOf(checker, name)?.declarations ?? [];
  const isVariable = declaration !== undefined && ts.isVariableDeclaration(declaration);
  return isVariable && declaration.initializer !== undefined ? bare(declaration.initializer) : undefined;
}

function conditionsOf(node: ts.Node): ts.Expression[] {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) return [node.expression];
  if (ts.isConditionalExpression(node)) return [node.condition];
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) return [node.operand];
  if (ts.isBinaryExpression(node) && /^(&&|\|\|)$/.test(node.operatorToken.getText())) return [node.left, node.right];
  return [];
}

/** A yes or no that was handed in and is asked here. */
function isFlag(condition: ts.Expression, machine: Machine): boolean {
  const node = bare(condition);
  const { flags } = machine.program.checker.getTypeAtLocation(node);
  const isBoolean = (flags & (ts.TypeFlags.BooleanLike | ts.TypeFlags.Boolean)) !== 0;
  return isBoolean && isHandedData(node, machine);
}
