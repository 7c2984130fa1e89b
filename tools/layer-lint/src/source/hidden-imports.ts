import { ts } from "ts-morph";
import type { Place } from "../report/finding.ts";
import { literal } from "./imports.ts";
import type { Sources } from "./sources.ts";
import { placeOf, walk } from "./sources.ts";

/** A way to load or make code that no import graph shows. */
export interface HiddenImport extends Place {
  /** What stands there, for example "an import() whose module is computed". */
  readonly what: string;
}

/** Modules of Node that load, make or start code. */
export const CODE_LOADING_BUILTINS: ReadonlySet<string> = new Set([
  "child_process",
  "cluster",
  "inspector",
  "inspector/promises",
  "module",
  "repl",
  "vm",
  "wasi",
  "worker_threads",
]);

const LOADERS_OF_PROCESS = new Set(["getBuiltinModule", "binding", "_linkedBinding", "dlopen", "mainModule"]);
const LOADERS_OF_GLOBAL = new Set(["eval", "Function", "require", "module", "process", "importScripts"]);
const LOADERS_OF_IMPORT_META = new Set(["resolve", "glob", "globEager", "require", "webpackContext", "hot"]);
const LOADER_NAMES = new Set(["eval", "Function", "require", "module", "importScripts"]);
const GLOBAL_OBJECTS = new Set(["globalThis", "global", "window", "self"]);

/** Every place of the file that loads or makes code in a way that no graph shows. */
export function findHiddenImports(file: string, sources: Sources): HiddenImport[] {
  const found: HiddenImport[] = [];
  walk(sources.get(file), (node) => {
    const what = ts.isIdentifier(node) ? ofIdentifier(node, sources) : ofExpression(node, sources);
    if (what !== undefined) found.push({ ...placeOf(file, node), what });
  });
  return found;
}

/** Whether a global of that name loads or makes code. */
export function isLoaderName(name: string): boolean {
  return LOADER_NAMES.has(name);
}

function ofExpression(node: ts.Node, sources: Sources): string | undefined {
  if (ts.isCallExpression(node)) return ofCall(node, sources);
  const member = memberName(node);
  if (member === undefined) return undefined;
  const { object, name } = member;
  if (isMetaProperty(object) && name !== undefined && LOADERS_OF_IMPORT_META.has(name)) return `import.meta.${name}`;
  if (isMetaProperty(object) && name === undefined) return "a computed member of import.meta";
  if (name === "constructor" && memberName(object)?.name === "constructor")
    return "the Function constructor, reached by .constructor.constructor";
  if (!ts.isIdentifier(object) || !sources.isFree(object)) return undefined;
  if (GLOBAL_OBJECTS.has(object.text) && name === undefined) return `a computed member of ${object.text}`;
  if (GLOBAL_OBJECTS.has(object.text) && name !== undefined && LOADERS_OF_GLOBAL.has(name))
    return `${object.text}.${name}`;
  if (object.text === "process" && (name === undefined || LOADERS_OF_PROCESS.has(name)))
    return `process.${name ?? "[...]"}`;
  return undefined;
}

function ofCall(call: ts.CallExpression, sources: Sources): string | undefined {
  const [first] = call.arguments;
  const isLiteral = first !== undefined && literal(first) !== undefined;
  if (call.expression.kind === ts.SyntaxKind.ImportKeyword)
    return isLiteral ? undefined : "an import() whose module is computed";
  const isTimer = ts.isIdentifier(call.expression) && /^set(?:Timeout|Interval|Immediate)$/.test(call.expression.text);
  if (isTimer && isLiteral && sources.isFree(call.expression)) return `${call.expression.text} with code as text`;
  return undefined;
}

function ofIdentifier(node: ts.Identifier, sources: Sources): string | undefined {
  if (!isReference(node)) return undefined;
  if (node.text === "createRequire" || node.text === "registerHooks") {
    return ts.isImportSpecifier(node.parent) ? undefined : `${node.text}, which makes loaders`;
  }
  if (!isLoaderName(node.text) || !sources.isFree(node)) return undefined;
  if (node.text === "Function" && isInstanceOf(node)) return undefined;
  if (node.text === "require" && ts.isCallExpression(node.parent) && node.parent.expression === node) {
    const [first] = node.parent.arguments;
    if (first !== undefined && literal(first) !== undefined) return undefined;
    return "a require() whose module is computed";
  }
  if (node.text === "module" && memberName(node.parent)?.name === "exports") return undefined;
  return node.text === "eval" || node.text === "Function"
    ? `${node.text}, which makes code of text`
    : `${node.text}, which loads modules`;
}

/** Whether the identifier stands for a value: no name of a member, a property, a label or a type. */
export function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if ((ts.isPropertyAccessExpression(parent) || ts.isMetaProperty(parent)) && parent.name === node) return false;
  if (ts.isQualifiedName(parent) || ts.isPartOfTypeNode(node)) return false;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  if (ts.isJsxAttribute(parent) || ts.isImportAttribute(parent) || ts.isNamedTupleMember(parent)) return false;
  if (ts.isExportSpecifier(parent))
    return parent.parent.parent.moduleSpecifier === undefined && (parent.propertyName ?? parent.name) === node;
  if (ts.isImportSpecifier(parent)) return parent.name === node;
  const isName = "name" in parent && parent.name === node;
  return !(
    isName &&
    (ts.isPropertyAssignment(parent) ||
      ts.isClassElement(parent) ||
      ts.isTypeElement(parent) ||
      ts.isEnumMember(parent))
  );
}

/** The object (without casts around it) and the name of `object.name` or `object["name"]`; the name is undefined if it is computed. */
export function memberName(
  node: ts.Node,
): { readonly object: ts.Expression; readonly name: string | undefined } | undefined {
  if (ts.isPropertyAccessExpression(node)) return { object: bare(node.expression), name: node.name.text };
  if (ts.isElementAccessExpression(node))
    return { object: bare(node.expression), name: literal(node.argumentExpression) };
  return undefined;
}

/** The expression without parentheses, casts and `!` around it. */
function bare(node: ts.Expression): ts.Expression {
  const isWrapped =
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node);
  return isWrapped ? bare(node.expression) : node;
}

function isMetaProperty(node: ts.Node): boolean {
  return ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword;
}

function isInstanceOf(node: ts.Node): boolean {
  return (
    ts.isBinaryExpression(node.parent) &&
    node.parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword &&
    node.parent.right === node
  );
}
