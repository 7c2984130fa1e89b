import { ts } from "ts-morph";
import { symbolOf } from "./functions.ts";
import type { Seen } from "./seen-health.ts";
import { isHealthValue, isSnapshot } from "./seen-health.ts";
import { bare, eachOwnNode, isAssignment, isCallNode, memberOf } from "./syntax.ts";
import { isOfProject } from "./typed-program.ts";
import { constituents } from "./vocabulary.ts";

/** The declarations of members to which the node gives what was seen: by an object literal, or by writing. */
export function fieldsGiven(node: ts.Node, seen: Seen): readonly ts.Declaration[] {
  const { checker } = seen.machine.program;
  if (isAssignment(node) && memberOf(bare(node.left)) !== undefined)
    return isSnapshot(node.right, seen) ? declarationsOf(symbolOf(checker, bare(node.left)), seen) : [];
  if (!ts.isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap((property) => {
    if (ts.isSpreadAssignment(property)) {
      if (!isSnapshot(property.expression, seen)) return [];
      const type = checker.getTypeAtLocation(property.expression);
      return constituents(type).flatMap((each) => each.getProperties().flatMap((one) => declarationsOf(one, seen)));
    }
    const value = ts.isPropertyAssignment(property)
      ? property.initializer
      : ts.isShorthandPropertyAssignment(property)
        ? property.name
        : undefined;
    if (value === undefined || !isGiven(value, property, seen)) return [];
    const expected = checker.getContextualType(node);
    const name = property.name?.getText() ?? "";
    const members = expected === undefined ? [] : constituents(expected).map((each) => each.getProperty(name));
    return [property, ...members.flatMap((member) => declarationsOf(member, seen))];
  });
}

function isGiven(value: ts.Expression, property: ts.ObjectLiteralElementLike, seen: Seen): boolean {
  if (!ts.isShorthandPropertyAssignment(property)) return isSnapshot(value, seen);
  const symbol = seen.machine.program.checker.getShorthandAssignmentValueSymbol(property);
  return symbol !== undefined && seen.snapshots.has(symbol);
}

function declarationsOf(member: ts.Symbol | undefined, { machine }: Seen): readonly ts.Declaration[] {
  return (member?.declarations ?? []).filter((each) => isOfProject(each, machine.program));
}

/** Whether what is caught under this name comes of looking at health, and of no step. */
export function isAboutLooking(caught: ts.Identifier, { machine, services }: Seen): boolean {
  const statement = caught.parent.parent.parent;
  if (!ts.isTryStatement(statement)) return false;
  let looks = false;
  let performs = false;
  eachOwnNode(statement.tryBlock, (node) => {
    if (!isCallNode(node)) return;
    performs ||= machine.functions.performs(node);
    const member = ts.isCallExpression(node) ? memberOf(bare(node.expression)) : undefined;
    const isRead = member?.name !== undefined && machine.words.words.healthReads.includes(member.name);
    looks ||= isRead && isHealthValue(bare(member.object), machine, services);
  });
  return looks && !performs;
}
