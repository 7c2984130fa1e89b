import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import type { Machine } from "./step-lists.ts";
import { conditionFaults } from "./health-decisions.ts";
import { heldHealth } from "./held-health.ts";
import { isHealthValue, isMerelyAName } from "./seen-health.ts";
import { bare, calleeOf, eachNode, isCallNode, memberOf, wrapped, writtenBy } from "./syntax.ts";
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
  return [...faults, ...conditionFaults(machine, held)];
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
