import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import { tableKey } from "./policy-tables.ts";
import type { FunctionNode } from "./syntax.ts";
import { argumentsOf, bare, eachNode, isFunctionNode, memberOf } from "./syntax.ts";

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
      if (key !== undefined && mentionsHandedData(key, machine)) add(node);
      if (ts.isBinaryExpression(node) && isCeiling(node, machine)) add(node);
      for (const condition of conditionsOf(node)) if (isFlag(condition, machine)) add(condition);
    });
  }
  return faults;
}

const COMPARISONS = /^(===?|!==?|<=?|>=?)$/;

function isRule(node: ts.BinaryExpression, machine: Machine): boolean {
  if (!COMPARISONS.test(node.operatorToken.getText())) return false;
  const [left, right] = [bare(node.left), bare(node.right)];
  return (
    (isHandedData(left, machine) && isValue(right, machine)) || (isHandedData(right, machine) && isValue(left, machine))
  );
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

/** Whether the expression has handed-in data in it. */
function mentionsHandedData(expression: ts.Expression, machine: Machine): boolean {
  let found = isHandedData(bare(expression), machine);
  eachNode(expression, (node) => {
    if (ts.isExpression(node) && isHandedData(bare(node), machine)) found = true;
  });
  return found;
}

/** A plain value that comes in as a parameter of its own: from outside of the layer, or from a caller who was handed it. */
function isHandedParameter(parameter: ts.ParameterDeclaration, machine: Machine, depth = 0): boolean {
  const { program, functions } = machine;
  const { parent: owner } = parameter;
  const type = program.checker.getTypeAtLocation(parameter.name);
  const isPlain = (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike)) !== 0;
  const isUnionOfPlain = type.isUnion() && type.types.every((each) => (each.flags & PLAIN_OR_NOTHING) !== 0);
  if (depth > MAX_DEPTH || !(isPlain || isUnionOfPlain) || !isFunctionNode(owner) || isCallbackOverOwn(parameter))
    return false;
  const calls = functions.callsTo(owner);
  if (calls.length === 0) return isReachable(owner);
  const index = owner.parameters.indexOf(parameter);
  return calls.some((call) => {
    const argument = argumentsOf(call)[index];
    if (argument === undefined) return false;
    const given = bare(argument);
    const [declaration] = (ts.isIdentifier(given) && symbolOf(program.checker, given)?.declarations) || [];
    if (declaration !== undefined && ts.isParameter(declaration))
      return isHandedParameter(declaration, machine, depth + 1);
    return isHandedData(given, machine);
  });
}

const MAX_DEPTH = 6;
const PLAIN_OR_NOTHING =
  ts.TypeFlags.StringLike |
  ts.TypeFlags.NumberLike |
  ts.TypeFlags.BooleanLike |
  ts.TypeFlags.Undefined |
  ts.TypeFlags.Null;

/** Whether others than its own file could call it. */
function isReachable(owner: FunctionNode): boolean {
  if (ts.isMethodDeclaration(owner) || ts.isConstructorDeclaration(owner)) return true;
  const holder = ts.isVariableDeclaration(owner.parent) ? owner.parent.parent.parent : owner;
  return (
    ts.canHaveModifiers(holder) &&
    (ts.getModifiers(holder) ?? []).some((each) => each.kind === ts.SyntaxKind.ExportKeyword)
  );
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

/** A member of a job, a step, a context, or of another plain object that came in as a parameter. */
function isHandedData(node: ts.Expression, machine: Machine): boolean {
  const { program, words } = machine;
  const { checker } = program;
  const member = memberOf(node);
  const named = member === undefined ? destructured(node, checker) : undefined;
  if (member === undefined && named === undefined) return isPlainParameter(node, machine);
  if (member?.name === "length" || member?.name === "size") return false;
  const holder = member === undefined ? undefined : bare(member.object);
  if (holder !== undefined) {
    const type = checker.getTypeAtLocation(holder);
    if (words.isEvidence(type) || words.isHealth(type) || isBuiltIn(type, machine)) return false;
    if (isOwnUnion(type, machine)) return false;
  }
  const root = member === undefined ? named : rootParameter(node, checker);
  return root !== undefined && isFromOutside(root, machine);
}

function isPlainParameter(node: ts.Expression, machine: Machine): boolean {
  const [declaration] = (ts.isIdentifier(node) && symbolOf(machine.program.checker, node)?.declarations) || [];
  return declaration !== undefined && ts.isParameter(declaration) && isHandedParameter(declaration, machine);
}

function destructured(node: ts.Expression, checker: ts.TypeChecker): ts.ParameterDeclaration | undefined {
  if (!ts.isIdentifier(node)) return undefined;
  const [declaration] = symbolOf(checker, node)?.declarations ?? [];
  if (declaration === undefined || !ts.isBindingElement(declaration)) return undefined;
  let at: ts.Node = declaration;
  while (ts.isBindingElement(at) || ts.isObjectBindingPattern(at)) at = at.parent;
  if (ts.isParameter(at)) return at;
  return ts.isVariableDeclaration(at) && at.initializer !== undefined
    ? rootParameter(bare(at.initializer), checker)
    : undefined;
}

/** The parameter that a chain of members begins at, or of whose steps the loop goes over. */
function rootParameter(node: ts.Expression, checker: ts.TypeChecker): ts.ParameterDeclaration | undefined {
  let at = bare(node);
  for (let member = memberOf(at); member !== undefined; member = memberOf(at)) at = bare(member.object);
  if (!ts.isIdentifier(at)) return undefined;
  const [declaration] = symbolOf(checker, at)?.declarations ?? [];
  if (declaration === undefined) return undefined;
  if (ts.isParameter(declaration)) return declaration;
  let outer: ts.Node = declaration;
  while (ts.isBindingElement(outer) || ts.isObjectBindingPattern(outer) || ts.isArrayBindingPattern(outer))
    outer = outer.parent;
  if (!ts.isVariableDeclaration(outer)) return undefined;
  const list = outer.parent;
  const loop = ts.isVariableDeclarationList(list) ? list.parent : undefined;
  const source = loop !== undefined && ts.isForOfStatement(loop) ? loop.expression : outer.initializer;
  if (source === undefined) return undefined;
  const inner = ts.isCallExpression(bare(source))
    ? memberOf(bare((bare(source) as ts.CallExpression).expression))?.object
    : bare(source); // as: just seen
  return inner === undefined || inner === at ? undefined : rootParameter(inner, checker);
}

/** Jobs, steps, contexts and objects of a shape that the function itself declares; not what the machine builds for itself. */
function isFromOutside(parameter: ts.ParameterDeclaration, machine: Machine): boolean {
  const { program, words } = machine;
  const type = program.checker.getTypeAtLocation(parameter.name);
  if (words.isStep(type) || words.isStepList(type)) return true;
  if (
    words.isEvidence(type) ||
    isBuiltIn(type, machine) ||
    (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0
  )
    return false;
  if (isCallbackOverOwn(parameter)) return false;
  if (words.isPort(type)) return false;
  const declarations = [...(type.aliasSymbol?.declarations ?? []), ...(type.symbol?.declarations ?? [])];
  const isOwnType = declarations.some((each) => program.isOwn(each) && !ts.isTypeLiteralNode(each));
  if (!isOwnType) return true;
  return !isMadeHere(type, machine);
}

/** The parameter of a function that is given to a built-in on the spot looks at what that one holds. */
function isCallbackOverOwn({ parent }: ts.ParameterDeclaration): boolean {
  return (ts.isArrowFunction(parent) || ts.isFunctionExpression(parent)) && ts.isCallExpression(parent.parent);
}

/** Whether the layer itself makes values of this type, as object literals or by a class of its own. */
function isMadeHere(type: ts.Type, { program }: Machine): boolean {
  const names = new Set(
    [type.symbol?.name, type.aliasSymbol?.name].filter((name) => name !== undefined && name !== "__type"),
  );
  if ((type.symbol?.declarations ?? []).some(ts.isClassLike)) return true;
  let made = false;
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (!ts.isObjectLiteralExpression(node)) return;
      const context = program.checker.getContextualType(node);
      const all =
        context === undefined ? [] : context.isUnionOrIntersection() ? [context, ...context.types] : [context];
      if (all.some((each) => names.has(each.symbol?.name) || names.has(each.aliasSymbol?.name))) made = true;
    });
  }
  return made;
}

function isBuiltIn(given: ts.Type, { program }: Machine): boolean {
  const type = program.checker.getNonNullableType(given);
  const declarations = type.symbol?.declarations ?? [];
  return (
    declarations.length > 0 &&
    declarations.every(
      (each) =>
        program.project.layout.layerOf(program.fileOf(each)) === undefined &&
        !program.project.tree.modules.includes(program.fileOf(each)),
    )
  );
}

/** A union of the layer's own forms, told apart by a member: the machine asks what it said itself. */
function isOwnUnion(type: ts.Type, { program }: Machine): boolean {
  if (!type.isUnion()) return false;
  return type.types.every((each) =>
    (each.symbol?.declarations ?? []).some((declaration) => program.isOwn(declaration)),
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
