import { ts } from "ts-morph";
import type { Functions } from "./functions.ts";
import { symbolOf } from "./functions.ts";
import type { Fault } from "./fault.ts";
import {
  argumentsOf,
  bare,
  eachNode,
  isAssignment,
  isCallNode,
  isFunctionNode,
  memberOf,
  MUTATORS,
  wrapped,
  writtenBy,
} from "./syntax.ts";
import type { TypedProgram } from "./typed-program.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What the rules of the machine look at. */
export interface Machine {
  readonly program: TypedProgram;
  readonly words: Vocabulary;
  readonly functions: Functions;
}

/** Methods that give the same elements in the same order. */
const SAME_ORDER = new Set(["entries", "values", "slice", "concat"]);
const REORDERING = new Set(["toSorted", "toReversed", "toSpliced", "with"]);

/**
 * Whether the expression is the list of declared steps itself, or a copy that has the same elements in the same places:
 * the steps of a job, a list that was handed in, a constant that holds one, or what `map` makes of each on its own.
 */
export function isDeclaredList(expression: ts.Expression, machine: Machine, depth = 0): boolean {
  const { checker } = machine.program;
  const at = bare(expression);
  if (depth > 8) return false;
  const again = (inner: ts.Expression): boolean => isDeclaredList(inner, machine, depth + 1);
  if (ts.isIdentifier(at)) return isDeclaredName(symbolOf(checker, at), { machine, depth });
  if (ts.isCallExpression(at)) return isSameOrder(at, machine, again);
  if (ts.isArrayLiteralExpression(at)) {
    const [only] = at.elements;
    return at.elements.length === 1 && only !== undefined && ts.isSpreadElement(only) && again(only.expression);
  }
  const member = memberOf(at);
  // The steps of a job: a named member of something that was handed in or is kept.
  return member?.name !== undefined && machine.words.isStepList(checker.getTypeAtLocation(at));
}

function isDeclaredName(
  symbol: ts.Symbol | undefined,
  { machine, depth }: { readonly machine: Machine; readonly depth: number },
): boolean {
  const [declaration, second] = symbol?.declarations ?? [];
  if (declaration === undefined || second !== undefined) return false;
  if (ts.isParameter(declaration))
    return machine.words.isStepList(machine.program.checker.getTypeAtLocation(declaration));
  if (ts.isBindingElement(declaration)) {
    // `const { steps } = job`; the rest of a list is another list.
    return declaration.dotDotDotToken === undefined && ts.isObjectBindingPattern(declaration.parent);
  }
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return false;
  const isConstant = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
  return isConstant && isDeclaredList(declaration.initializer, machine, depth + 1);
}

function isSameOrder(call: ts.CallExpression, machine: Machine, again: (inner: ts.Expression) => boolean): boolean {
  const [first] = call.arguments;
  const member = memberOf(bare(call.expression));
  if (member?.name === undefined) return false;
  if (SAME_ORDER.has(member.name)) return call.arguments.length === 0 && again(member.object);
  if (member.name === "map") return first !== undefined && isElementwise(first, machine) && again(member.object);
  const owner = bare(member.object);
  const isBuiltIn = ts.isIdentifier(owner) && ["Object", "Array"].includes(owner.text);
  const isCopy = isBuiltIn && ["freeze", "from"].includes(member.name) && call.arguments.length === 1;
  return isCopy && first !== undefined && again(first);
}

/** Whether a function makes one element of one element, and can see no other. */
function isElementwise(callback: ts.Expression, machine: Machine): boolean {
  const { functions, words, program } = machine;
  const target = functions.functionOf(callback);
  if (target === undefined || target.parameters.length > 2 || target.parameters.some((each) => each.dotDotDotToken))
    return false;
  let sees = false;
  eachNode(target, (node) => {
    if (ts.isIdentifier(node) && node.text === "arguments") sees = true;
    if (ts.isExpression(node) && !ts.isTypeNode(node) && words.isStepList(program.checker.getTypeAtLocation(node)))
      sees = true;
  });
  return !sees;
}

/** EXEC-001 for every use of a list of steps: it may be read, copied, counted and gone over, never changed. */
export function stepListFaults(machine: Machine, isTakenInTurn: (list: ts.Expression) => boolean): Fault[] {
  const { program, words } = machine;
  const faults: Fault[] = [];
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (!ts.isExpression(node) || bare(node) !== node) return;
      if (ts.isIdentifier(node) && ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) return;
      if (!words.isStepList(program.checker.getTypeAtLocation(node))) return;
      const message = misuse(node, machine, isTakenInTurn);
      if (message !== undefined) faults.push({ law: "in-order", node, message });
    });
  }
  return faults;
}

function misuse(
  list: ts.Expression,
  { functions, program }: Machine,
  isTakenInTurn: (list: ts.Expression) => boolean,
): string | undefined {
  const use = wrapped(list);
  const { parent } = use;
  const written = writtenBy(parent);
  if (written !== undefined && bare(written) === list && !isInitialised(parent))
    return "A list of steps is put in the place of another: the declared order cannot be proven";
  const member = memberOf(parent);
  if (member !== undefined && member.object === use) {
    const outer = wrapped(parent as ts.Expression).parent; // as: a member is an expression
    const target = writtenBy(outer);
    if (target !== undefined && bare(target) === parent)
      return "A list of steps is changed: the steps run as they were declared";
    if (member.name === undefined) return undefined;
    if (member.name === "shift" && isTakenInTurn(use)) return undefined;
    if (MUTATORS.has(member.name)) return `${member.name} changes a list of steps: they run in the declared order`;
    if (REORDERING.has(member.name)) return `${member.name} puts the steps into another order`;
    if (member.name === "iterator") return "A list of steps is gone over by hand: the declared order cannot be proven";
    return undefined;
  }
  if (isCallNode(parent) && argumentsOf(parent).includes(use)) {
    const callee = ts.isTaggedTemplateExpression(parent) ? "" : bare(parent.expression).getText();
    const reads =
      functions.calleesOf(parent).length > 0 ||
      /^(Object\.freeze|Array\.from|Array\.isArray|structuredClone|JSON\.stringify|Promise\.resolve)$/.test(callee);
    const keeps = ts.isNewExpression(parent) && /^(Map|Set)$/.test(callee);
    if (
      !reads &&
      !keeps &&
      program.checker.getResolvedSignature(parent)?.declaration !== undefined &&
      !isFunctionNode(parent)
    )
      return `A list of steps is handed to ${callee}, which could change it`;
  }
  return undefined;
}

/** `steps ??= …` and friends change; the first value of a declaration does not. */
function isInitialised(node: ts.Node): boolean {
  return (
    !isAssignment(node) &&
    !ts.isDeleteExpression(node) &&
    !ts.isPrefixUnaryExpression(node) &&
    !ts.isPostfixUnaryExpression(node)
  );
}
