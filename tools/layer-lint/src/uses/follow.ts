import type { Node } from "oxc-parser";
import type { Restrictions } from "./restrictions.ts";
import { ALL_GLOBALS, GLOBAL_OBJECTS } from "./restrictions.ts";
import type { Seen } from "./tree.ts";
import { textOf } from "./tree.ts";

/** A use of something restricted, at a node. */
export interface Found {
  readonly node: Node;
  /** For example `process.env`, or "process as a value". */
  readonly what: string;
  /** The text that it is called with, if it is called with a literal. */
  readonly argument?: string;
}

type ObjectPattern = Extract<Node, { type: "ObjectPattern" }>;

/** Nodes that change nothing of the value in them. */
const TRANSPARENT = new Set([
  "ParenthesizedExpression",
  "ChainExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
  "AwaitExpression",
]);

/**
 * What is done with the global `name` at a node. Only what is seen to be harmless is let pass: a member that is not
 * restricted, a test of the type. Held in a variable or handed on, its members could be used where nobody sees it.
 */
export function follow(name: string, { node, above }: Seen, restrictions: Restrictions): Found[] {
  let index = above.length - 1;
  while (TRANSPARENT.has(above[index]?.type ?? "")) index -= 1;
  const value = above[index + 1] ?? node;
  const parent = above[index];
  if (parent === undefined) return [asValue(name, node)];
  if (parent.type === "UnaryExpression" && parent.operator === "typeof") return [];
  if (restrictions.get(name)?.whole === true) return [call(name, { node, parent, value })];
  if (parent.type === "MemberExpression" && parent.object === value) {
    const member = parent.computed ? textOf(parent.property) : nameOf(parent.property);
    if (member === undefined) return [{ node, what: `a computed member of ${name}` }];
    return ofMember({ name, member }, { node: parent, above: above.slice(0, index) }, restrictions);
  }
  const pattern = patternThatTakes(parent, value);
  if (pattern !== undefined) return ofPattern(name, pattern, restrictions);
  return ofOther(name, { node, parent, value }, restrictions);
}

function ofMember(
  { name, member }: { readonly name: string; readonly member: string },
  seen: Seen,
  restrictions: Restrictions,
): Found[] {
  const same = member === "default" || member === "webcrypto" || member === "promises";
  if (same) return follow(name, seen, restrictions);
  if (name === ALL_GLOBALS) {
    if (GLOBAL_OBJECTS.has(member)) return follow(ALL_GLOBALS, seen, restrictions);
    return restrictions.has(member) ? follow(member, seen, restrictions) : [];
  }
  if (restrictions.get(name)?.members.has(member) !== true) return [];
  return [call(`${name}.${member}`, { node: seen.node, parent: seen.above.at(-1), value: seen.node })];
}

function ofPattern(name: string, pattern: ObjectPattern, restrictions: Restrictions): Found[] {
  return pattern.properties.flatMap((property): Found[] => {
    if (property.type === "RestElement") return [{ node: property, what: `the rest of ${name}` }];
    const member = property.computed ? textOf(property.key) : nameOf(property.key);
    if (member === undefined) return [{ node: property, what: `a computed member of ${name}` }];
    if (name !== ALL_GLOBALS) {
      return restrictions.get(name)?.members.has(member) === true
        ? [{ node: property, what: `${name}.${member}` }]
        : [];
    }
    const inner = GLOBAL_OBJECTS.has(member) ? ALL_GLOBALS : member;
    if (inner !== ALL_GLOBALS && !restrictions.has(inner)) return [];
    const target = property.value.type === "AssignmentPattern" ? property.value.left : property.value;
    if (restrictions.get(inner)?.whole === true) return [{ node: property, what: inner }];
    return target.type === "ObjectPattern" ? ofPattern(inner, target, restrictions) : [asValue(inner, property)];
  });
}

interface Spot {
  readonly node: Node;
  readonly parent: Node | undefined;
  readonly value: Node;
}

function ofOther(name: string, { node, parent, value }: Spot, restrictions: Restrictions): Found[] {
  if (parent?.type === "BinaryExpression" && (parent.operator === "instanceof" || parent.operator === "in")) return [];
  if ((parent?.type !== "NewExpression" && parent?.type !== "CallExpression") || parent.callee !== value)
    return [asValue(name, node)];
  // Calling or making it uses no member, except that a date without a time reads the clock.
  if (name !== "Date" || restrictions.get(name)?.members.has("now") !== true) return [];
  if (parent.type === "CallExpression") return [{ node, what: "Date(), which is Date.now in words" }];
  const hasTime = parent.arguments.length > 0 && parent.arguments[0]?.type !== "SpreadElement";
  return hasTime ? [] : [{ node, what: "new Date() without a time, which is Date.now" }];
}

function call(what: string, { node, parent, value }: Spot): Found {
  const argument =
    parent?.type === "CallExpression" && parent.callee === value ? textOf(parent.arguments[0]) : undefined;
  return argument === undefined ? { node, what } : { node, what, argument };
}

function asValue(name: string, node: Node): Found {
  return { node, what: `${name} as a value, whose members could be used where nobody sees it` };
}

/** The pattern by which `value` is taken apart: `const { a } = value`, `({ a } = value)`, `({ a } = value) => a`. */
function patternThatTakes(parent: Node, value: Node): ObjectPattern | undefined {
  let target: Node | null | undefined;
  if (parent.type === "VariableDeclarator" && parent.init === value) target = parent.id;
  if (parent.type === "AssignmentExpression" && parent.operator === "=" && parent.right === value) target = parent.left;
  if (parent.type === "AssignmentPattern" && parent.right === value) target = parent.left;
  return target?.type === "ObjectPattern" ? target : undefined;
}

function nameOf(node: Node): string | undefined {
  return node.type === "Identifier" ? node.name : textOf(node);
}
