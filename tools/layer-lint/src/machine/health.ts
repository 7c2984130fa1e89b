import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import type { Machine } from "./step-lists.ts";
import type { FunctionNode } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, eachNode, isCallNode, memberOf, wrapped, writtenBy } from "./syntax.ts";
import { declaredTypes } from "./vocabulary.ts";

/** EXEC-004: health is looked at by the methods that only look; it is not changed, not passed outside, and decides nothing. */
export function healthFaults(machine: Machine): Fault[] {
  const { program, words } = machine;
  if (words.words.healthPort === undefined) return [];
  const held = heldHealth(machine);
  const faults: Fault[] = [...portFaults(machine)];
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (!ts.isExpression(node) || ts.isTypeNode(node) || bare(node) !== node || isMerelyAName(node)) return;
      if (!isHealthValue(node, machine, held.services)) return;
      const message = misuse(node, machine);
      if (message !== undefined) faults.push({ law: "read-only", node, message });
    });
  }
  return [...faults, ...conditionFaults(machine, held.snapshots)];
}

interface Held {
  /** Names that hold something which could change health, whatever their type says. */
  readonly services: ReadonlySet<ts.Symbol>;
  /** Names that hold what was seen. */
  readonly snapshots: ReadonlySet<ts.Symbol>;
}

/** The port's own declaration in the layer has nothing but the methods that look. */
function portFaults({ program, words }: Machine): Fault[] {
  const { healthPort = "", healthReads } = words.words;
  const reads = new Set(healthReads);
  return declaredTypes(program.checker, program.files, healthPort).flatMap((type) =>
    type
      .getProperties()
      .filter(({ name }) => !reads.has(name))
      .flatMap((property) => property.declarations ?? [])
      .filter((declaration) => program.isOwn(declaration))
      .filter((declaration) => isWritable(declaration) || isCallable(declaration, program.checker))
      .map((node): Fault => ({
        law: "read-only",
        node,
        message: `${healthPort} has a member that does not only look: allowed are ${healthReads.join(", ")}`,
      })),
  );
}

function isCallable(declaration: ts.Declaration, checker: ts.TypeChecker): boolean {
  return checker.getTypeAtLocation(declaration).getCallSignatures().length > 0;
}

function isWritable(declaration: ts.Declaration): boolean {
  const isData = ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration);
  if (!isData) return true;
  return !(ts.getModifiers(declaration) ?? []).some((each) => each.kind === ts.SyntaxKind.ReadonlyKeyword);
}

/** Names to which health, or what was seen of it, is given; to the end of all such chains. */
function heldHealth(machine: Machine): Held {
  const { program, functions } = machine;
  const { checker } = program;
  const services = new Set<ts.Symbol>();
  const snapshots = new Set<ts.Symbol>();
  const give = (name: ts.Node | undefined, value: ts.Expression): void => {
    if (name === undefined) return;
    const symbols = ts.isIdentifier(name) ? [checker.getSymbolAtLocation(name)] : boundNames(name, checker);
    for (const symbol of symbols) {
      if (symbol === undefined) continue;
      if (ts.isIdentifier(name) && isHealthValue(bare(value), machine, services)) services.add(symbol);
      if (isSnapshot(value, { machine, services, snapshots })) snapshots.add(symbol);
    }
  };
  for (let before = -1; before !== services.size + snapshots.size;) {
    before = services.size + snapshots.size;
    for (const file of program.files) {
      eachNode(file, (node) => {
        if (ts.isVariableDeclaration(node) && node.initializer !== undefined) give(node.name, node.initializer);
        if (ts.isBinaryExpression(node) && writtenBy(node) !== undefined) give(bare(node.left), node.right);
        if (!isCallNode(node)) return;
        for (const callee of functions.calleesOf(node)) {
          for (const [index, argument] of argumentsOf(node).entries()) {
            if (isOnlyForHealth(callee, index, machine)) give(callee.parameters[index]?.name, argument);
          }
        }
      });
    }
  }
  return { services, snapshots };
}

/** Whether every call gives health there: a function that others use for other things is about none in particular. */
function isOnlyForHealth(callee: FunctionNode, index: number, { program, words, functions }: Machine): boolean {
  const name = callee.parameters[index]?.name;
  if (name === undefined) return false;
  if (words.isHealth(program.checker.getTypeAtLocation(name))) return true;
  return functions.callsTo(callee).length === 1;
}

function boundNames(pattern: ts.Node, checker: ts.TypeChecker): (ts.Symbol | undefined)[] {
  const found: (ts.Symbol | undefined)[] = [];
  eachNode(pattern, (node) => {
    if (ts.isBindingElement(node) && ts.isIdentifier(node.name)) found.push(checker.getSymbolAtLocation(node.name));
  });
  return found;
}

function isHealthValue(node: ts.Expression, { program, words }: Machine, services: ReadonlySet<ts.Symbol>): boolean {
  const { checker } = program;
  if (ts.isAwaitExpression(node)) return false;
  const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
  if (symbol !== undefined && services.has(symbol)) return true;
  const type = checker.getTypeAtLocation(node);
  return words.isHealth(type);
}

/** Names in declarations and types stand for nothing that could be used. */
function isMerelyAName(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isIdentifier(node) && "name" in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent))
    return true;
  if (
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isTypeQueryNode(parent)
  )
    return true;
  return ts.isExpressionWithTypeArguments(parent) || ts.isTypePredicateNode(parent) || ts.isPartOfTypeNode(node);
}

function misuse(value: ts.Expression, machine: Machine): string | undefined {
  const { functions, program, words } = machine;
  const use = wrapped(value);
  const { parent } = use;
  const member = memberOf(parent);
  if (member !== undefined && member.object === use)
    return memberMisuse(parent as ts.Expression, member.name, words.words.healthReads); // as: a member is an expression
  if (isCallNode(parent) && calleeOf(parent) !== use) {
    if (functions.calleesOf(parent).length > 0) return undefined;
    const callee = bare(calleeOf(parent)).getText();
    if (/(^|\.)(Map|Set|freeze|set)$/.test(callee)) return undefined;
    return `Health is handed to ${callee}, which could change it`;
  }
  if (isCallNode(parent)) return "Health is called or made here: the machine looks at the health that it was given";
  if (ts.isBinaryExpression(parent)) return comparisonMisuse(parent, use, program);
  if (ts.isSpreadAssignment(parent) || ts.isSpreadElement(parent))
    return "Health is copied: what is done to the copy cannot be followed";
  if (ts.isDeleteExpression(parent)) return "Health is changed: the machine only looks";
  if (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name)) {
    const names = parent.name.elements.map((each) => (each.propertyName ?? each.name).getText());
    const others = names.filter((name) => !words.words.healthReads.includes(name));
    return others.length === 0 ? undefined : `${others.join(", ")} is taken from health: it may only be looked at`;
  }
  return undefined;
}

function memberMisuse(access: ts.Expression, name: string | undefined, reads: readonly string[]): string | undefined {
  if (name === undefined) return "A computed member of health is used: it could be one that changes it";
  const outer = wrapped(access).parent;
  const written = writtenBy(outer);
  if (written !== undefined && bare(written) === access) return "Health is changed: the machine only looks";
  if (reads.includes(name)) return undefined;
  return `${name} is used of health: it may only be looked at by ${reads.join(", ")}`;
}

function comparisonMisuse(
  node: ts.BinaryExpression,
  use: ts.Expression,
  { checker }: Machine["program"],
): string | undefined {
  const operator = node.operatorToken.getText();
  if (operator === "in") return "What health has is asked for by name: it may only be looked at by its methods";
  if (/^(=|\?\?=|\|\|=|&&=)$/.test(operator)) {
    if (node.right !== use) return undefined;
    // Where it is kept it must still be what it is.
    const target = checker.getTypeAtLocation(node.left);
    return (target.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive)) !== 0
      ? "Health is put where nobody can tell what it is"
      : undefined;
  }
  return undefined;
}

interface Seen extends Held {
  readonly machine: Machine;
}

/** Whether an expression is what was seen of health, or a part of it. */
function isSnapshot(expression: ts.Expression, seen: Seen): boolean {
  const { machine, services, snapshots } = seen;
  const { checker } = machine.program;
  const node = bare(expression);
  if (ts.isAwaitExpression(node)) return isSnapshot(node.expression, seen);
  if (ts.isIdentifier(node)) {
    const symbol = checker.getSymbolAtLocation(node);
    return symbol !== undefined && snapshots.has(symbol);
  }
  const member = memberOf(node);
  if (member !== undefined) return isSnapshot(member.object, seen);
  if (ts.isPrefixUnaryExpression(node)) return isSnapshot(node.operand, seen);
  if (ts.isTemplateExpression(node)) return node.templateSpans.some((each) => isSnapshot(each.expression, seen));
  if (ts.isConditionalExpression(node)) return isSnapshot(node.whenTrue, seen) || isSnapshot(node.whenFalse, seen);
  if (ts.isBinaryExpression(node)) return isSnapshot(node.left, seen) || isSnapshot(node.right, seen);
  if (!ts.isCallExpression(node)) return false;
  const callee = memberOf(bare(node.expression));
  if (callee === undefined) return false;
  const isRead = callee.name !== undefined && machine.words.words.healthReads.includes(callee.name);
  return (isRead && isHealthValue(bare(callee.object), machine, services)) || isSnapshot(callee.object, seen);
}

/** What was seen of health decides nothing: no condition looks into it. */
function conditionFaults(machine: Machine, snapshots: ReadonlySet<ts.Symbol>): Fault[] {
  const { program } = machine;
  const faults: Fault[] = [];
  const seen: Seen = { machine, services: new Set(), snapshots };
  const look = (condition: ts.Expression): void => {
    const part = decidingPart(condition, seen);
    if (part !== undefined) faults.push(decides(part));
  };
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node) || ts.isSwitchStatement(node))
        look(node.expression);
      if (ts.isConditionalExpression(node)) look(node.condition);
      for (const choice of choicesOf(node, machine)) {
        if (mentionsSnapshot(choice, seen)) faults.push(decides(choice));
      }
      if (ts.isForStatement(node) && node.condition !== undefined) look(node.condition);
      if (ts.isBinaryExpression(node) && /^(&&|\|\||\?\?)$/.test(node.operatorToken.getText())) look(node.left);
    });
  }
  return faults;
}

function decides(node: ts.Node): Fault {
  const message = "What was seen of health decides here: the machine records it, and decides nothing by it";
  return { law: "read-only", node, message };
}

/** What something is chosen by: keys, and what the step is performed with. */
function choicesOf(node: ts.Node, { functions }: Machine): readonly ts.Expression[] {
  if (ts.isElementAccessExpression(node)) return [node.argumentExpression];
  if (!isCallNode(node)) return [];
  if (functions.callsPort(node)) return argumentsOf(node);
  const name = memberOf(bare(calleeOf(node)))?.name ?? "";
  return ["get", "has", "at", "includes", "indexOf", "slice", "splice"].includes(name) ? argumentsOf(node) : [];
}

function mentionsSnapshot(expression: ts.Expression, seen: Seen): boolean {
  let found = isSnapshot(expression, seen);
  eachNode(expression, (node) => {
    if (ts.isExpression(node) && !ts.isTypeNode(node) && !isMerelyAName(node) && isSnapshot(node, seen)) found = true;
  });
  return found;
}

/** The part of a condition that looks into what was seen; asking whether anything was seen, or of which form it is, is none. */
function decidingPart(expression: ts.Expression, seen: Seen): ts.Expression | undefined {
  const node = bare(expression);
  if (ts.isPrefixUnaryExpression(node)) return decidingPart(node.operand, seen);
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.getText();
    if (operator === "instanceof") return undefined;
    if (/^(&&|\|\||\?\?)$/.test(operator)) return decidingPart(node.left, seen) ?? decidingPart(node.right, seen);
    if (operator === "in")
      return bare(node.left).getText() === '"then"' ? undefined : isSnapshot(node.right, seen) ? node : undefined;
    if (/^[!=]==?$/.test(operator) && [node.left, node.right].some(isNothing))
      return partOfMember(node.left, seen) ?? partOfMember(node.right, seen);
    return (
      decidingPart(node.left, seen) ?? decidingPart(node.right, seen) ?? (isSnapshot(node, seen) ? node : undefined)
    );
  }
  if (ts.isTypeOfExpression(node)) return undefined;
  if (ts.isCallExpression(node)) {
    if (/^(Array\.isArray|Boolean)$/.test(node.expression.getText())) return undefined;
    return isSnapshot(node, seen) || node.arguments.some((each) => isSnapshot(each, seen)) ? node : undefined;
  }
  if (ts.isIdentifier(node) && isSnapshot(node, seen)) {
    const type = seen.machine.program.checker.getTypeAtLocation(node);
    const isObject =
      (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Unknown | ts.TypeFlags.Union)) !== 0 &&
      (type.flags & ts.TypeFlags.Boolean) === 0;
    return isObject ? undefined : node;
  }
  return partOfMember(node, seen);
}

function partOfMember(node: ts.Expression, seen: Seen): ts.Expression | undefined {
  return memberOf(bare(node)) !== undefined && isSnapshot(node, seen) ? node : undefined;
}

function isNothing(node: ts.Expression): boolean {
  const text = bare(node).getText();
  return text === "undefined" || text === "null";
}
