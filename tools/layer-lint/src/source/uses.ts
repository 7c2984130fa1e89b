import type { Compiler } from "./compile-term.ts";
import type { Call, Hidden, ImportForm, Use } from "./facts.ts";
import { importedBy } from "./names.ts";
import type { Scopes } from "./scopes.ts";
import type { Node, Syntax } from "./syntax.ts";
import { bare, literal } from "./syntax.ts";
import type { Term } from "./terms.ts";
import { isOperation, openFunctions, someTerm } from "./terms.ts";

/** What the readers of one file work with. */
export interface Reading {
  readonly syntax: Syntax;
  readonly scopes: Scopes;
  readonly compiler: Compiler;
}

/** Modules of Node that read files. */
const FILE_MODULES = new Set(["fs", "fs/promises"]);
/** Functions of them that take two paths. */
const TWO_PATHS = /^(?:cp|copyFile|link|rename|symlink)/;
/** Functions that start a process, with a program or a command line. */
const STARTERS = new Set(["fork", "spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync"]);

type Invocation = Node & { type: "CallExpression" | "NewExpression" };

/** An expression that names what is loaded; `what` if nothing but its value says what that is. */
interface Naming {
  readonly form: ImportForm;
  readonly named: readonly Node[];
  readonly what?: string;
}

/** Every place where a module or a file is named by an expression, and what stays hidden if that cannot be computed. */
export function readUses(reading: Reading): { readonly uses: Use[]; readonly hidden: Hidden[] } {
  const { syntax, compiler } = reading;
  const uses: Use[] = [];
  const hidden: Hidden[] = [];
  for (const node of syntax.nodes) {
    const naming = namingOf(node, reading);
    if (naming === undefined) continue;
    const place = syntax.spot(node.start);
    const terms = naming.named.map((named) => compiler.term(named)).filter((term) => term !== null);
    const [first] = terms;
    if (naming.what !== undefined)
      hidden.push({ ...place, what: naming.what, ...(first === undefined ? {} : { use: uses.length }) });
    for (const term of terms) uses.push({ ...place, form: naming.form, term });
  }
  return { uses, hidden };
}

function namingOf(node: Node, reading: Reading): Naming | undefined {
  if (node.type === "ImportExpression") {
    if (literal(node.source) !== undefined) return undefined;
    return { form: "dynamic", named: [node.source], what: "an import() whose module is computed" };
  }
  if (node.type !== "CallExpression" && node.type !== "NewExpression") return undefined;
  return ofRequire(node, reading) ?? ofBuiltin(node, reading) ?? ofGlobal(node, reading) ?? ofMeta(node, reading);
}

/** `require`, by its own name, as a member of a module object, or made by `createRequire`. */
function ofRequire(node: Invocation, { scopes, compiler }: Reading): Naming | undefined {
  const [first] = node.arguments;
  if (node.type !== "CallExpression" || first === undefined) return undefined;
  const callee = bare(node.callee);
  const named = [first];
  if (isRequire(callee, scopes)) {
    return literal(first) === undefined
      ? { form: "require", named, what: "a require() whose module is computed" }
      : undefined;
  }
  if (callee.type === "MemberExpression") {
    const key = compiler.keyOf(callee);
    const object = bare(callee.object);
    const isOfModule = key === "require" && !isBoundObject(object, scopes);
    const isResolve =
      key === "resolve" && (isRequire(object, scopes) || madeByCreateRequire(object, { scopes, compiler }));
    if (isOfModule || isResolve) return { form: "require", named };
  }
  return madeByCreateRequire(callee, { scopes, compiler }) ? { form: "require", named } : undefined;
}

function isRequire(node: Node, scopes: Scopes): boolean {
  return node.type === "Identifier" && node.name === "require" && scopes.isFree(node);
}

/** Whether an object is one that the file itself makes, so that its `require` is its own. */
function isBoundObject(node: Node, scopes: Scopes): boolean {
  return (
    node.type === "Identifier" &&
    !scopes.isFree(node) &&
    scopes.bindingOf(node)?.declaration.type === "ObjectExpression"
  );
}

function madeByCreateRequire(node: Node, { scopes, compiler }: Pick<Reading, "scopes" | "compiler">): boolean {
  if (node.type === "CallExpression") return compiler.builtinOf(node.callee)?.member === "createRequire";
  if (node.type !== "Identifier") return false;
  const declaration = scopes.bindingOf(node)?.declaration;
  if (declaration?.type !== "VariableDeclarator" || declaration.init === null) return false;
  return madeByCreateRequire(bare(declaration.init), { scopes, compiler });
}

/** Calls of what built-in modules export. */
function ofBuiltin(node: Invocation, { compiler }: Reading): Naming | undefined {
  const builtin = compiler.builtinOf(node.callee);
  if (builtin?.member === undefined) return undefined;
  const { module, member } = builtin;
  const args = node.arguments.filter((arg) => arg.type !== "SpreadElement");
  if (module === "worker_threads" && member === "Worker") return { form: "worker", named: args.slice(0, 1) };
  if (module === "child_process" && STARTERS.has(member)) return { form: "process", named: args.flatMap(parts) };
  if (module === "cluster") return { form: "process", named: args.flatMap(parts) };
  if (module === "module" && (member === "register" || member === "runMain"))
    return { form: "loader", named: args.slice(0, 1) };
  if (FILE_MODULES.has(module)) return { form: "read", named: args.slice(0, TWO_PATHS.test(member) ? 2 : 1) };
  if (module === "process" && (member === "loadEnvFile" || member === "dlopen")) return { form: "read", named: args };
  return undefined;
}

/** The elements of a list of arguments, and the values of an object of options. */
function parts(arg: Node): Node[] {
  const node = bare(arg);
  if (node.type === "ArrayExpression")
    return node.elements.filter((each) => each !== null && each.type !== "SpreadElement");
  if (node.type === "ObjectExpression")
    return node.properties.flatMap((each) => (each.type === "Property" ? parts(each.value) : []));
  return [node];
}

/** Workers, scripts and URLs that come without an import. */
function ofGlobal(node: Invocation, { scopes, compiler }: Reading): Naming | undefined {
  const callee = bare(node.callee);
  const name = globalName(callee, { scopes, compiler });
  const [first, second] = node.arguments;
  if (name === undefined || first === undefined) return undefined;
  if (name === "Worker" || name === "SharedWorker") return { form: "worker", named: [first] };
  if (name === "importScripts") return { form: "require", named: node.arguments };
  if (name === "fetch") return { form: "read", named: [first] };
  if (name === "URL" && second !== undefined) return { form: "read", named: [node] };
  return undefined;
}

const GLOBAL_OBJECTS = new Set(["globalThis", "global", "window", "self"]);

/** The name of the global that the expression is, also as a member of the global object. */
export function globalName(node: Node, { scopes, compiler }: Pick<Reading, "scopes" | "compiler">): string | undefined {
  if (node.type === "Identifier") return scopes.isFree(node) ? node.name : undefined;
  if (node.type !== "MemberExpression") return undefined;
  const object = bare(node.object);
  const isOfGlobal = object.type === "Identifier" && GLOBAL_OBJECTS.has(object.name) && scopes.isFree(object);
  return isOfGlobal ? compiler.keyOf(node) : undefined;
}

function ofMeta(node: Invocation, { compiler }: Reading): Naming | undefined {
  const callee = bare(node.callee);
  if (callee.type !== "MemberExpression" || bare(callee.object).type !== "MetaProperty") return undefined;
  const [first] = node.arguments;
  const key = compiler.keyOf(callee);
  if (first === undefined || key === undefined) return undefined;
  return key === "resolve" || key === "require" ? { form: "dynamic", named: [first] } : undefined;
}

/** Calls that may hand a name on to a function which loads what it is given. */
export function readCalls(reading: Reading, uses: readonly Use[]): Call[] {
  const calls = reading.syntax.nodes.flatMap((node) =>
    node.type === "CallExpression" || node.type === "NewExpression" ? callsAt(node, reading) : [],
  );
  // Of the calls inside the file only those count that lead to a use, directly or from function to function.
  const leading = new Set(uses.flatMap(({ term }) => [...openFunctions(term)]));
  for (let size = -1; size !== leading.size;) {
    size = leading.size;
    for (const { callee, args } of calls) {
      if (typeof callee === "number" && !leading.has(callee)) continue;
      for (const id of args.flatMap((arg) => [...openFunctions(arg)])) leading.add(id);
    }
  }
  return calls.filter(({ callee }) => typeof callee !== "number" || leading.has(callee));
}

function callsAt(node: Invocation, { syntax, scopes, compiler }: Reading): Call[] {
  const place = syntax.spot(node.start);
  const callee = calleeOf(node.callee, { scopes, compiler });
  const args = node.arguments.map((arg): Term => (arg.type === "SpreadElement" ? null : compiler.term(arg)));
  const direct = callee === undefined || !args.some(namesSomething) ? [] : [{ ...place, callee, args }];
  return [...direct, ...ofCallbacks(node, { syntax, scopes, compiler })];
}

/** `list.map((item) => ...)` and `promise.then((value) => ...)` call what they are given with what they hold. */
function ofCallbacks(node: Invocation, { syntax, compiler }: Reading): Call[] {
  const callee = bare(node.callee);
  if (callee.type !== "MemberExpression") return [];
  return node.arguments.flatMap((arg): Call[] => {
    const fn = arg.type === "SpreadElement" ? undefined : compiler.functionOf(arg);
    const held = fn === undefined ? null : compiler.term(callee.object);
    if (fn === undefined || !namesSomething(held)) return [];
    return [{ ...syntax.spot(node.start), callee: compiler.idOf(fn), args: [["any", held, ["each", held]]] }];
  });
}

function calleeOf(given: Node, { scopes, compiler }: Pick<Reading, "scopes" | "compiler">): Call["callee"] | undefined {
  const callee = bare(given);
  const fn = compiler.functionOf(callee);
  if (fn !== undefined) return compiler.idOf(fn);
  if (callee.type === "Identifier") return importedBy(scopes.bindingOf(callee));
  if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier") return undefined;
  const imported = importedBy(scopes.bindingOf(callee.object));
  const key = compiler.keyOf(callee);
  if (imported === undefined || key === undefined) return undefined;
  return { specifier: imported.specifier, name: imported.name === "*" ? key : `${imported.name}.${key}` };
}

/** Whether a text, a URL, or something from elsewhere is in it. */
function namesSomething(term: Term): boolean {
  return someTerm(
    term,
    (part) =>
      typeof part === "string" ||
      (isOperation(part) && ["param", "import", "meta", "static", "url"].includes(String(part[0]))),
  );
}
