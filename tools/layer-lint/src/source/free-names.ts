import { ts } from "ts-morph";
import type { Place } from "../report/finding.ts";
import { isReference, memberName } from "./hidden-imports.ts";
import type { Sources } from "./sources.ts";
import { placeOf, walk } from "./sources.ts";

/** A global that a file uses. */
export interface FreeName extends Place {
  readonly name: string;
  /** For a use that reads a clock, a timer or chance although the global as such is harmless: what it is. */
  readonly impure?: string;
}

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
export function findFreeNames(file: string, sources: Sources): FreeName[] {
  const found: FreeName[] = [];
  walk(sources.get(file), (node) => {
    if (!ts.isIdentifier(node) || !isReference(node) || isIntrinsicTag(node) || !sources.isFree(node)) return;
    const impure = impureUse(node);
    found.push({ ...placeOf(file, node), name: node.text, ...(impure === undefined ? {} : { impure }) });
  });
  return found;
}

function impureUse(node: ts.Identifier): string | undefined {
  const { text: name, parent } = node;
  const impure = IMPURE_MEMBERS.get(name);
  if (impure === undefined) return undefined;
  const member = memberName(parent);
  if (member !== undefined && member.object === node) {
    if (member.name === undefined) return `a computed member of ${name}`;
    return impure.has(member.name) ? `${name}.${member.name}` : undefined;
  }
  if (name === "Date" && ts.isNewExpression(parent) && parent.expression === node) {
    return (parent.arguments ?? []).length > 0 ? undefined : "new Date() without a time";
  }
  if (name === "Date" && ts.isCallExpression(parent)) return "Date()";
  const isTested = ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
  // Held in a variable, its members could be called where nobody sees it.
  return isTested ? undefined : `${name} as a value`;
}

function isIntrinsicTag(node: ts.Identifier): boolean {
  const { parent } = node;
  const isTag = ts.isJsxOpeningLikeElement(parent) || ts.isJsxClosingElement(parent);
  return isTag && parent.tagName === node && /^[a-z]/.test(node.text);
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
