import type { Comment, Node, ParseResult, ParserOptions, Program, Severity } from "oxc-parser";
import { parseSync, rawTransferSupported, visitorKeys } from "oxc-parser";
import type { Spot } from "./spots.ts";
import { spotsOf } from "./spots.ts";

export type { Node } from "oxc-parser";
export type { Spot } from "./spots.ts";

/** What the parser could not read. */
export interface SyntaxError extends Spot {
  readonly message: string;
}

/** A parsed text. */
export interface Syntax {
  readonly language: Language;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly errors: readonly SyntaxError[];
  /** Every node, parents before children, in the order of the text; each has its `parent`. */
  readonly nodes: readonly Node[];
  readonly spot: (offset: number) => Spot;
}

/** What the parser distinguishes. */
export type Language = "js" | "jsx" | "ts" | "tsx" | "dts";

/** The language that a file's name says. JavaScript may hold JSX wherever it lies. */
export function languageOf(file: string): Language {
  if (/\.d\.(?:[^./]+\.)?[cm]?ts$/.test(file)) return "dts";
  if (file.endsWith(".tsx")) return "tsx";
  return /\.[cm]?ts$/.test(file) ? "ts" : "jsx";
}

// as: a const enum of the parser's types, of which nothing exists at run time
const SEVERE = "Error" as Severity;

let isRaw: boolean | undefined;

/**
 * Parses by raw transfer, which is several times as fast as sending the tree as JSON, where the machine can do it and
 * grants the address space that it takes; both ways give the same tree.
 */
function parsed(file: string, text: string, options: ParserOptions): ParseResult {
  isRaw ??= rawTransferSupported();
  if (!isRaw) return parseSync(file, text, options);
  try {
    return parseSync(file, text, Object.assign({ experimentalRawTransfer: true }, options));
  } catch {
    isRaw = false;
    return parseSync(file, text, options);
  }
}

/** Parses a text; what cannot be parsed has `errors` and as many nodes as the parser could make. */
export function parse(file: string, text: string): Syntax {
  const spot = spotsOf(text);
  // CommonJS has another grammar at the top (`return`, `await` as a name); everything else is a module.
  const sourceType = /\.c[jt]s$/.test(file) ? "commonjs" : "module";
  const language = languageOf(file);
  const result = parsed(file, text, { lang: language, sourceType, astType: "ts", preserveParens: false });
  const { program } = result;
  return {
    language,
    text,
    program,
    comments: result.comments,
    errors: result.errors
      .filter(({ severity }) => severity === SEVERE)
      .map(({ message, labels }) => ({ message, ...spot(labels[0]?.start ?? 0) })),
    nodes: nodesOf(program),
    spot,
  };
}

/** The nodes directly below `node`, in the order of the text. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const key of visitorKeys[node.type] ?? []) {
    const value: unknown = Reflect.get(node, key);
    if (Array.isArray(value)) {
      for (const each of value) if (isNode(each)) children.push(each);
    } else if (isNode(value)) children.push(value);
  }
  return children;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/** With a stack of its own: how deep a text is nested is up to its author. */
function nodesOf(program: Node): Node[] {
  const nodes: Node[] = [];
  const open: Node[] = [program];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    nodes.push(node);
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index--) {
      const child = children[index];
      if (child === undefined) continue;
      child.parent = node;
      open.push(child);
    }
  }
  return nodes;
}

/** Every node below `node` and itself, parents first. */
export function within(node: Node): Node[] {
  const nodes: Node[] = [];
  const open: Node[] = [node];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    nodes.push(at);
    open.push(...childrenOf(at).toReversed());
  }
  return nodes;
}

/** The expression without casts, `!` and optional chains around it. */
export function bare(node: Node): Node {
  let at = node;
  for (;;) {
    if (
      at.type === "TSAsExpression" ||
      at.type === "TSSatisfiesExpression" ||
      at.type === "TSTypeAssertion" ||
      at.type === "TSNonNullExpression" ||
      at.type === "TSInstantiationExpression" ||
      at.type === "ChainExpression" ||
      at.type === "ParenthesizedExpression"
    )
      at = at.expression;
    else return at;
  }
}

/** The nearest node around `node` that is no cast or chain around it. */
export function outer(node: Node): Node | undefined {
  let at = node.parent;
  while (at && bare(at) !== at) at = at.parent;
  return at ?? undefined;
}

/** The text of a string literal or of a template without parts. */
export function literal(node: Node | null | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral" && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}
