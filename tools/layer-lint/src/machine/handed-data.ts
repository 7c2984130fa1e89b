import { ts } from "ts-morph";
import { symbolOf } from "./functions.ts";
import type { Machine } from "./step-lists.ts";
import type { FunctionNode } from "./syntax.ts";
import { argumentsOf, bare, eachNode, isFunctionNode, memberOf } from "./syntax.ts";

/** A member of a job, a step, a context, or of another plain object that came in as a parameter. */
export function isHandedData(node: ts.Expression, machine: Machine): boolean {
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
  if (isCallbackOverOwn(parameter)) return isOverHanded(parameter, machine);
  if (words.isPort(type)) return false;
  const declarations = [...(type.aliasSymbol?.declarations ?? []), ...(type.symbol?.declarations ?? [])];
  const isOwnType = declarations.some((each) => program.isOwn(each) && !ts.isTypeLiteralNode(each));
  if (!isOwnType) return true;
  return !isMadeHere(type, machine) || isGiven(parameter, machine);
}

/** Whether what stands in the parameter comes from outside, although the layer makes others of its type: nobody of the layer calls with it. */
function isGiven(parameter: ts.ParameterDeclaration, machine: Machine): boolean {
  const { parent: owner } = parameter;
  if (!isFunctionNode(owner) || ts.isMethodDeclaration(owner) || ts.isConstructorDeclaration(owner)) return false;
  const declarations = machine.program.checker.getTypeAtLocation(parameter.name).symbol?.declarations ?? [];
  return !declarations.some(ts.isClassLike) && machine.functions.callsTo(owner).length === 0 && isReachable(owner);
}

/** The parameter of a callback over a list that was handed in: each entry of it was handed in, too. */
function isOverHanded({ parent }: ts.ParameterDeclaration, machine: Machine): boolean {
  const { program, words } = machine;
  const member = ts.isCallExpression(parent.parent) ? memberOf(bare(parent.parent.expression)) : undefined;
  const root = member && rootParameter(member.object, program.checker);
  if (member === undefined || root === undefined) return false;
  const list = program.checker.getTypeAtLocation(member.object);
  const isOfData = program.checker.isArrayLikeType(list) && !words.isEvidenceList(list);
  // A list of its own that a function of the layer is given was not handed in.
  const { parent: owner } = root;
  return isOfData && isFunctionNode(owner) && machine.functions.callsTo(owner).length === 0 && isReachable(owner);
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
  // `Readonly`, `Record` and their like are shapes of what somebody else wrote, and no things of the language.
  const isShape = declarations.some((each) => ts.isMappedTypeNode(each));
  return (
    !isShape &&
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

/** Whether the expression has handed-in data in it. */
export function mentionsHandedData(expression: ts.Expression, machine: Machine): boolean {
  let found = isHandedData(bare(expression), machine);
  eachNode(expression, (node) => {
    if (ts.isExpression(node) && isHandedData(bare(node), machine)) found = true;
  });
  return found;
}

/** A plain value that comes in as a parameter of its own: from outside of the layer, or from a caller who was handed it. */
export function isHandedParameter(parameter: ts.ParameterDeclaration, machine: Machine, depth = 0): boolean {
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
