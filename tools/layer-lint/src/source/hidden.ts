import type { BuiltinUse, Hidden, Noted } from "./facts.ts";
import { memberName, words } from "./free-names.ts";
import { importedBy } from "./names.ts";
import type { Node } from "./syntax.ts";
import { bare, literal, outer } from "./syntax.ts";
import { propertyName } from "./names.ts";
import type { Reading } from "./uses.ts";
import { globalName } from "./uses.ts";
import { isBuiltin } from "node:module";

/** Modules of Node that load, make or start code. */
export const CODE_LOADING_BUILTINS: ReadonlySet<string> = new Set(
  words("child_process cluster inspector inspector/promises module repl vm wasi worker_threads"),
);

const LOADERS_OF_PROCESS = new Set(words("getBuiltinModule binding _linkedBinding dlopen mainModule"));
const LOADERS_OF_GLOBAL = new Set(words("eval Function require module process importScripts"));
/** What of `import.meta` only says where one is. */
const PLACE_OF_IMPORT_META = new Set(words("url dirname filename main env"));
const LOADER_NAMES = new Set(words("eval Function require module importScripts"));
const GLOBAL_OBJECTS = new Set(words("globalThis global window self"));

/** Whether a global of that name loads or makes code. */
export function isLoaderName(name: string): boolean {
  return LOADER_NAMES.has(name);
}

/** Every place of the file that loads or makes code in a way that no graph shows, besides computed imports. */
export function readHidden(reading: Reading): Hidden[] {
  const { syntax } = reading;
  const found: Hidden[] = [];
  for (const node of syntax.nodes) {
    const what = node.type === "Identifier" ? ofIdentifier(node, reading) : ofExpression(node, reading);
    if (what !== undefined) found.push({ ...syntax.spot(node.start), what });
  }
  return found;
}

function ofExpression(node: Node, reading: Reading): string | undefined {
  if (node.type === "CallExpression") return ofCall(node, reading);
  if (node.type === "ImportDeclaration" || node.type === "ImportExpression") {
    return literal(node.source)?.startsWith("data:") === true ? "a data: URL, which is code as text" : undefined;
  }
  if (node.type === "WithStatement") return "with, under which names mean anything";
  if (node.type !== "MemberExpression") return undefined;
  const object = bare(node.object);
  const name = reading.compiler.keyOf(node) ?? memberName(node);
  if (object.type === "MetaProperty" && object.meta.name === "import") {
    if (name === undefined) return "a computed member of import.meta";
    return PLACE_OF_IMPORT_META.has(name) ? undefined : `import.meta.${name}`;
  }
  if (name === "constructor" && object.type === "MemberExpression" && reading.compiler.keyOf(object) === "constructor")
    return "the Function constructor, reached by .constructor.constructor";
  if (object.type !== "Identifier" || !reading.scopes.isFree(object)) return undefined;
  if (GLOBAL_OBJECTS.has(object.name)) {
    if (name === undefined) return `a computed member of ${object.name}`;
    return LOADERS_OF_GLOBAL.has(name) ? `${object.name}.${name}` : undefined;
  }
  if (object.name === "process" && (name === undefined || LOADERS_OF_PROCESS.has(name)))
    return `process.${name ?? "[...]"}`;
  return undefined;
}

function ofCall(call: Node & { type: "CallExpression" }, { scopes }: Reading): string | undefined {
  const [first] = call.arguments;
  const { callee } = call;
  const isTimer = callee.type === "Identifier" && /^set(?:Timeout|Interval|Immediate)$/.test(callee.name);
  if (isTimer && literal(first) !== undefined && scopes.isFree(callee)) return `${callee.name} with code as text`;
  return undefined;
}

function ofIdentifier(node: Node & { type: "Identifier" }, { scopes }: Reading): string | undefined {
  const role = scopes.roleOf(node);
  if (role === "none" || role === "type") return undefined;
  const parent = outer(node);
  if (parent?.type === "TSTypeQuery") return undefined;
  if (node.name === "createRequire" || node.name === "registerHooks") return `${node.name}, which makes loaders`;
  if (!LOADER_NAMES.has(node.name) || !scopes.isFree(node)) return undefined;
  const isTested = parent?.type === "BinaryExpression" && parent.operator === "instanceof" && parent.right === node;
  if (node.name === "Function" && isTested) return undefined;
  // A call of require is a use of its own: by a literal, or with its own words.
  if (node.name === "require" && parent?.type === "CallExpression" && bare(parent.callee) === node) return undefined;
  if (node.name === "module" && parent?.type === "MemberExpression" && memberName(parent) === "exports")
    return undefined;
  return node.name === "eval" || node.name === "Function"
    ? `${node.name}, which makes code of text`
    : `${node.name}, which loads modules`;
}

/** Members by which any value leads to the machinery of the language. */
const REFLECTIVE_MEMBERS = new Set(
  words(
    "constructor __proto__ prototype __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ caller callee",
  ),
);

/** Members of globals that a machine layer may use; globals that are not listed here have no member that leads on. */
const ALLOWED_MEMBERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    "Object",
    new Set(
      words("assign entries freeze fromEntries groupBy hasOwn is isExtensible isFrozen isSealed keys seal values"),
    ),
  ],
  ["Error", new Set(words("isError"))],
]);

/** What machine layers must not do, since nobody could say where it ends: reflection, and members that are computed twice. */
export function readOpaque(reading: Reading): Noted[] {
  const { syntax } = reading;
  return syntax.nodes.flatMap((node): Noted[] => {
    const what = opaqueUse(node, reading);
    return what === undefined ? [] : [{ ...syntax.spot(node.start), what }];
  });
}

function opaqueUse(node: Node, reading: Reading): string | undefined {
  if (node.type === "Property" && node.parent?.type === "ObjectPattern") {
    const name = propertyName(node);
    return name !== undefined && REFLECTIVE_MEMBERS.has(name) ? `the member ${name}` : undefined;
  }
  if (node.type === "CallExpression" || node.type === "NewExpression" || node.type === "TaggedTemplateExpression") {
    const callee = bare(node.type === "TaggedTemplateExpression" ? node.tag : node.callee);
    const isComputed = (each: Node): boolean =>
      each.type === "MemberExpression" && each.computed && reading.compiler.keyOf(each) === undefined;
    const isTwice = callee.type === "MemberExpression" && isComputed(callee) && isComputed(bare(callee.object));
    return isTwice ? "a call of what two computed members lead to" : undefined;
  }
  if (node.type === "Identifier") return opaqueGlobal(node, reading);
  if (node.type !== "MemberExpression") return undefined;
  const key = reading.compiler.keyOf(node);
  if (isOnlyCompared(node, key, reading)) return undefined;
  if (key !== undefined && REFLECTIVE_MEMBERS.has(key)) return `the member ${key}`;
  const owner = globalName(bare(node.object), reading);
  const allowed = owner === undefined ? undefined : ALLOWED_MEMBERS.get(owner);
  if (allowed === undefined || (key !== undefined && allowed.has(key))) return undefined;
  return key === undefined ? `a computed member of ${owner}` : `${owner}.${key}`;
}

/** `Object.getPrototypeOf(value) === Object.prototype`: what is only compared leads nowhere. */
function isOnlyCompared(member: Node, key: string | undefined, reading: Reading): boolean {
  if (key !== "prototype" && key !== "constructor" && key !== "getPrototypeOf") return false;
  const around = outer(member);
  const isCalled = around?.type === "CallExpression" && bare(around.callee) === member;
  if (isCalled !== (key === "getPrototypeOf")) return false;
  return isCompared(isCalled ? around : member, reading);
}

/** Whether the value, or the constant that holds it, stands in comparisons only. */
function isCompared(value: Node, { scopes, syntax }: Reading): boolean {
  const around = outer(value);
  if (
    around?.type === "VariableDeclarator" &&
    around.parent?.type === "VariableDeclaration" &&
    around.parent.kind === "const" &&
    around.parent.parent?.type !== "ExportNamedDeclaration"
  ) {
    const { id } = around;
    const uses = syntax.nodes.filter(
      (node) => node !== id && scopes.bindingOf(node)?.node === id && scopes.roleOf(node) !== "none",
    );
    return id.type === "Identifier" && uses.every((use) => isComparison(outer(use)));
  }
  return isComparison(around);
}

function isComparison(around: Node | undefined): boolean {
  return around?.type === "BinaryExpression" && /^[!=]==?$/.test(around.operator);
}

/** `Object` and `Error` held as a value could be asked for any member where nobody sees it. */
function opaqueGlobal(node: Node & { type: "Identifier" }, { scopes }: Reading): string | undefined {
  const role = scopes.roleOf(node);
  if (!ALLOWED_MEMBERS.has(node.name) || (role !== "value" && role !== "either") || !scopes.isFree(node))
    return undefined;
  const parent = outer(node);
  switch (parent?.type) {
    case "MemberExpression":
    case "TSTypeQuery":
    case "TSQualifiedName":
    case "ClassDeclaration":
    case "ClassExpression":
      return undefined;
    case "CallExpression":
    case "NewExpression":
      return bare(parent.callee) === node ? undefined : `${node.name} as a value`;
    case "BinaryExpression":
      return parent.operator === "instanceof" ? undefined : `${node.name} as a value`;
    default:
      return `${node.name} as a value`;
  }
}

/** Every use of a name that was imported from a built-in module. */
export function readBuiltinUses({ syntax, scopes, compiler }: Reading): BuiltinUse[] {
  return syntax.nodes.flatMap((node): BuiltinUse[] => {
    if (node.type === "CallExpression") {
      const module = compiler.builtinOf(node)?.module;
      return module === undefined ? [] : [{ ...syntax.spot(node.start), module }];
    }
    const role = node.type === "Identifier" ? scopes.roleOf(node) : "none";
    if (node.type !== "Identifier" || (role !== "value" && role !== "either")) return [];
    if (outer(node)?.type === "TSTypeQuery") return [];
    const specifier = importedBy(scopes.bindingOf(node))?.specifier;
    if (specifier === undefined || !isBuiltin(specifier)) return [];
    return [{ ...syntax.spot(node.start), module: specifier.replace(/^node:/, "") }];
  });
}
