import type { FreeName } from "./facts.ts";
import type { Scopes } from "./scopes.ts";
import type { Node, Syntax } from "./syntax.ts";
import { literal, outer } from "./syntax.ts";

/** Globals of the language that hold no clock, no chance, no input or output, and reach no module. */
export const PURE_GLOBALS: ReadonlySet<string> = new Set(
  words(`
    undefined NaN Infinity arguments Object Array String Number Boolean BigInt Symbol Math JSON Date RegExp Iterator
    Map Set WeakMap WeakSet Promise ArrayBuffer DataView TextEncoder TextDecoder
    Uint8Array Uint16Array Uint32Array Int8Array Int16Array Int32Array Float32Array Float64Array
    Error TypeError RangeError SyntaxError AggregateError SuppressedError DisposableStack AsyncDisposableStack
    AbortController AbortSignal structuredClone isNaN isFinite parseInt parseFloat
    encodeURIComponent decodeURIComponent encodeURI decodeURI
  `),
);

/** Further globals that reach no module, though they hold a clock, a timer, chance, or a console. */
export const CODELESS_GLOBALS: ReadonlySet<string> = PURE_GLOBALS.union(
  new Set(
    words(`
      setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask
      performance console crypto Temporal Intl URL URLSearchParams Buffer WeakRef
    `),
  ),
);

/** Members of pure globals that are not pure. */
const IMPURE_MEMBERS = new Map([
  ["Date", new Set(["now"])],
  ["Math", new Set(["random"])],
  ["AbortSignal", new Set(["timeout"])],
]);

/** Every use of a global in a file. */
export function readGlobals({ nodes, spot }: Syntax, scopes: Scopes): FreeName[] {
  const found: FreeName[] = [];
  const pure = new Set<string>();
  for (const node of nodes) {
    if (node.type !== "Identifier" && node.type !== "JSXIdentifier") continue;
    const role = scopes.roleOf(node);
    if (role === "none") continue;
    const isFree = role === "type" ? scopes.bindingOf(node) === undefined : scopes.isFree(node);
    if (!isFree || node.name === "this" || node.name === "const") continue;
    const place = { ...spot(node.start), name: node.name };
    if (role === "type" || isQueried(node)) found.push({ ...place, asType: true });
    else {
      const impure = impureUse(node, node.name);
      // Where `Math` is used first says enough; every use of what reaches outside is told.
      if (impure === undefined && PURE_GLOBALS.has(node.name)) {
        if (pure.has(node.name)) continue;
        pure.add(node.name);
      }
      found.push(impure === undefined ? place : { ...place, impure });
    }
  }
  return found;
}

/** `typeof name` in a type: nothing of it is left at run time. */
function isQueried(node: Node): boolean {
  let at = node.parent;
  while (at?.type === "TSQualifiedName") at = at.parent;
  return at?.type === "TSTypeQuery";
}

function impureUse(node: Node, name: string): string | undefined {
  const impure = IMPURE_MEMBERS.get(name);
  const parent = outer(node);
  if (impure === undefined || parent === undefined) return undefined;
  if (parent.type === "MemberExpression" && parent.property !== node) {
    const member = memberName(parent);
    if (member === undefined) return `a computed member of ${name}`;
    return impure.has(member) ? `${name}.${member}` : undefined;
  }
  if (name === "Date" && parent.type === "NewExpression" && parent.callee === node) {
    return parent.arguments.length > 0 ? undefined : "new Date() without a time";
  }
  if (name === "Date" && parent.type === "CallExpression") return "Date()";
  const isTested = parent.type === "BinaryExpression" && parent.operator === "instanceof";
  // Held in a variable, its members could be called where nobody sees it.
  return isTested ? undefined : `${name} as a value`;
}

/** The name in `object.name` or `object["name"]`; undefined if it is computed. */
export function memberName(node: Node & { type: "MemberExpression" }): string | undefined {
  if (node.computed) return literal(node.property);
  if (node.property.type === "PrivateIdentifier") return `#${node.property.name}`;
  return node.property.type === "Identifier" ? node.property.name : undefined;
}

/** Words between blanks. */
export function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
