import type { Node, Syntax } from "./syntax.ts";
import { within } from "./syntax.ts";

/** What a file declares under a name. */
export interface Binding {
  readonly name: string;
  /** Whether it can stand for a value, and for a type. */
  readonly value: boolean;
  readonly type: boolean;
  /** `declare ...`: a claim about something that the file does not hold. */
  readonly ambient: boolean;
  /** The identifier that declares it, and the declaration that this stands in. */
  readonly node: Node;
  readonly declaration: Node;
  /** What is assigned to it after its declaration: the assigned expressions, or undefined where it cannot be said. */
  readonly writes: (Node | undefined)[];
}

/** How an identifier is used. */
export type Role = "value" | "type" | "either" | "none";

/** The names of a file and what they mean in it. */
export interface Scopes {
  /** What the identifier is bound to in its own file; undefined for a global. */
  bindingOf(identifier: Node): Binding | undefined;
  /** Whether the identifier names a global, or something ambient. */
  isFree(identifier: Node): boolean;
  roleOf(identifier: Node): Role;
  /** The identifiers that stand for what the binding declares, besides the one that declares it. */
  usesOf(binding: Binding): readonly Node[];
  /** What the file declares at its top. */
  readonly top: ReadonlyMap<string, readonly Binding[]>;
}

class Scope {
  readonly names = new Map<string, Binding[]>();
  /** Whether `var` lands in it. */
  readonly holdsVar: boolean;

  constructor(holdsVar: boolean) {
    this.holdsVar = holdsVar;
  }
}

/** Finds out what each name of a file is bound to, without looking at any other file. */
export function scopesOf({ nodes, program, language }: Syntax): Scopes {
  const scopes = new Map<Node, Scope>();
  for (const node of nodes) if (opensScope(node)) scopes.set(node, new Scope(isFunctionLike(node)));
  const declaring = new Set<Node>();
  const declare = (home: Node, id: Node, binding: Pick<Binding, "value" | "type" | "declaration">): void => {
    if (id.type !== "Identifier" && id.type !== "JSXIdentifier") return;
    declaring.add(id);
    const names = scopes.get(home)?.names;
    const made = {
      name: id.name,
      node: id,
      writes: [],
      ambient: language === "dts" || isAmbient(binding.declaration),
      ...binding,
    };
    const known = names?.get(id.name);
    if (known === undefined) names?.set(id.name, [made]);
    else known.push(made);
  };
  const homeOf = (node: Node, wantsFunction = false): Node => {
    for (let at = node.parent; at; at = at.parent) {
      const scope = scopes.get(at);
      if (scope !== undefined && (!wantsFunction || scope.holdsVar)) return at;
    }
    return program;
  };
  for (const node of nodes) declareNames(node, { declare, homeOf });

  const lookUp = (identifier: Node, name: string, fits: (binding: Binding) => boolean): Binding | undefined => {
    for (let at = identifier.parent; at; at = at.parent) {
      const found = scopes.get(at)?.names.get(name)?.find(fits);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const roleOf = (id: Node): Role => (declaring.has(id) ? "none" : roleIn(id));
  const bindingOf = (id: Node): Binding | undefined => {
    if (id.type !== "Identifier" && id.type !== "JSXIdentifier") return undefined;
    const role = roleIn(id);
    return lookUp(id, id.name, (each) => (role === "type" ? each.type : role === "value" ? each.value : true));
  };
  recordWrites(nodes, bindingOf);
  let uses: Map<Node | undefined, Node[]> | undefined;
  const usesOf = ({ node }: Binding): readonly Node[] => {
    uses ??= Map.groupBy(
      nodes.filter((each) => roleOf(each) === "value" || roleOf(each) === "either"),
      (each) => bindingOf(each)?.node,
    );
    return uses.get(node) ?? [];
  };
  return {
    bindingOf,
    roleOf,
    usesOf,
    isFree: (id) => bindingOf(id)?.ambient ?? true,
    top: scopes.get(program)?.names ?? new Map(),
  };
}

const SCOPES = new Set([
  "Program",
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
  "CatchClause",
  "StaticBlock",
  "ClassDeclaration",
  "ClassExpression",
  "TSModuleBlock",
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "TSMappedType",
  "TSConditionalType",
  "TSEnumDeclaration",
  "TSIndexSignature",
]);
const FUNCTIONS = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "TSDeclareFunction",
  "TSEmptyBodyFunctionExpression",
  "TSFunctionType",
  "TSConstructorType",
  "TSMethodSignature",
  "TSCallSignatureDeclaration",
  "TSConstructSignatureDeclaration",
]);

/** Whether the node is a function, or the type of one. */
export function isFunction(node: Node): boolean {
  return FUNCTIONS.has(node.type);
}

function opensScope(node: Node): boolean {
  return SCOPES.has(node.type) || FUNCTIONS.has(node.type);
}

/** Where `var` lands. */
function isFunctionLike(node: Node): boolean {
  return FUNCTIONS.has(node.type) || ["Program", "StaticBlock", "TSModuleBlock"].includes(node.type);
}

interface Declaring {
  readonly declare: (home: Node, id: Node, binding: Pick<Binding, "value" | "type" | "declaration">) => void;
  readonly homeOf: (node: Node, wantsFunction?: boolean) => Node;
}

function declareNames(node: Node, { declare, homeOf }: Declaring): void {
  const value = { value: true, type: false, declaration: node };
  const type = { value: false, type: true, declaration: node };
  const both = { value: true, type: true, declaration: node };
  switch (node.type) {
    case "VariableDeclaration":
      for (const declarator of node.declarations) {
        const home = homeOf(node, node.kind === "var");
        for (const id of patternNames(declarator.id)) declare(home, id, { ...value, declaration: declarator });
      }
      return;
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      if (node.id !== null) declare(homeOf(node), node.id, value);
      break;
    case "FunctionExpression":
      if (node.id !== null) declare(node, node.id, value);
      break;
    case "ClassDeclaration":
      if (node.id !== null) declare(homeOf(node), node.id, both);
      return;
    case "ClassExpression":
      if (node.id !== null) declare(node, node.id, both);
      return;
    case "CatchClause":
      if (node.param !== null) for (const id of patternNames(node.param)) declare(node, id, value);
      return;
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "ImportSpecifier":
      return declare(homeOf(node), node.local, both);
    case "TSImportEqualsDeclaration":
    case "TSEnumDeclaration":
      return declare(homeOf(node), node.id, both);
    case "TSModuleDeclaration":
      return node.kind === "global" ? undefined : declare(homeOf(node), leftmost(node.id), both);
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return declare(homeOf(node), node.id, type);
    case "TSTypeParameter":
      return declare(node.parent?.type === "TSInferType" ? inferHome(node, homeOf) : homeOf(node), node.name, type);
    case "TSMappedType":
      return declare(node, node.key, type);
    case "TSEnumMember":
      return declare(homeOf(node), node.id, value);
    case "TSIndexSignature":
      for (const parameter of node.parameters) declare(node, parameter, value);
      return;
    default:
      break;
  }
  if (!isFunction(node) || !("params" in node)) return;
  // as: every function-like node holds its parameters there
  for (const param of node.params as readonly Node[])
    for (const id of patternNames(param)) declare(node, id, { ...value, declaration: param });
}

/** `infer X` is known in the whole conditional type around it. */
function inferHome(node: Node, homeOf: Declaring["homeOf"]): Node {
  for (let at = node.parent; at; at = at.parent) if (at.type === "TSConditionalType") return at;
  return homeOf(node);
}

function leftmost(name: Node): Node {
  let at = name;
  while (at.type === "TSQualifiedName") at = at.left;
  return at;
}

/** The identifiers that a pattern declares. */
export function patternNames(pattern: Node): Node[] {
  const names: Node[] = [];
  const open: (Node | null)[] = [pattern];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === null) continue;
    if (at.type === "Identifier") names.push(at);
    else if (at.type === "AssignmentPattern") open.push(at.left);
    else if (at.type === "RestElement") open.push(at.argument);
    else if (at.type === "TSParameterProperty") open.push(at.parameter);
    else if (at.type === "ArrayPattern") open.push(...at.elements);
    else if (at.type === "ObjectPattern")
      open.push(...at.properties.map((each) => (each.type === "Property" ? each.value : each)));
  }
  return names;
}

function recordWrites(nodes: readonly Node[], bindingOf: (id: Node) => Binding | undefined): void {
  const write = (target: Node, value?: Node): void => {
    if (target.type === "Identifier") bindingOf(target)?.writes.push(value);
    else for (const id of within(target)) if (id.type === "Identifier") bindingOf(id)?.writes.push(undefined);
  };
  for (const node of nodes) {
    if (node.type === "AssignmentExpression") {
      const isPlain = ["=", "||=", "??=", "&&="].includes(node.operator);
      if (node.left.type !== "MemberExpression") write(node.left, isPlain ? node.right : undefined);
    } else if (node.type === "UpdateExpression" && node.argument.type === "Identifier") write(node.argument);
    else if (
      (node.type === "ForOfStatement" || node.type === "ForInStatement") &&
      node.left.type !== "VariableDeclaration"
    )
      write(node.left);
  }
}

/** `declare ...`, or inside of it. */
function isAmbient(node: Node): boolean {
  for (let at: Node | null | undefined = node; at; at = at.parent) if ("declare" in at && at.declare) return true;
  return false;
}

const KEYED = new Set([
  "Property",
  "MethodDefinition",
  "PropertyDefinition",
  "AccessorProperty",
  "TSAbstractAccessorProperty",
  "TSAbstractMethodDefinition",
  "TSAbstractPropertyDefinition",
  "TSPropertySignature",
  "TSMethodSignature",
]);
const NAMING = new Set([
  "LabeledStatement",
  "BreakStatement",
  "ContinueStatement",
  "MetaProperty",
  "ImportAttribute",
  "TSNamespaceExportDeclaration",
  "TSModuleDeclaration",
  "TSImportType",
  "TSEnumMember",
  "ImportSpecifier",
  "ImportDefaultSpecifier",
  "ImportNamespaceSpecifier",
  "ExportAllDeclaration",
  "JSXAttribute",
  "JSXNamespacedName",
]);

/** What an identifier that declares nothing stands for, by where it stands. */
function roleIn(id: Node): Role {
  const { parent } = id;
  if (!parent) return "none";
  if (KEYED.has(parent.type) && "key" in parent && parent.key === id)
    return "computed" in parent && parent.computed ? "value" : "none";
  if (NAMING.has(parent.type)) {
    const isPart =
      (parent.type === "LabeledStatement" && parent.body === id) ||
      (parent.type === "TSEnumMember" && parent.initializer === id);
    return isPart ? "value" : "none";
  }
  switch (parent.type) {
    case "MemberExpression":
      if (parent.property === id && !parent.computed) return "none";
      return isHeritage(parent) ? "either" : "value";
    case "JSXMemberExpression":
      return parent.object === id ? "value" : "none";
    case "JSXOpeningElement":
    case "JSXClosingElement":
      return id.type === "JSXIdentifier" && /^[a-z]|-/.test(id.name) ? "none" : "value";
    case "ExportSpecifier": {
      const isOfOther = parent.parent?.type === "ExportNamedDeclaration" && parent.parent.source !== null;
      return isOfOther || parent.local !== id ? "none" : "either";
    }
    case "TSQualifiedName":
      return parent.left === id ? qualified(parent) : "none";
    case "TSNamedTupleMember":
      return parent.label === id ? "none" : "type";
    case "TSTypePredicate":
      return "none";
    case "TSTypeReference":
    case "TSInterfaceHeritage":
    case "TSClassImplements":
      return "type";
    case "TSTypeQuery":
      return "value";
    case "TSExportAssignment":
    case "ExportDefaultDeclaration":
    case "TSImportEqualsDeclaration":
      return "either";
    default:
      return "value";
  }
}

function isHeritage(node: Node): boolean {
  let at: Node | null | undefined = node;
  while (at?.type === "MemberExpression") at = at.parent;
  return at?.type === "TSInterfaceHeritage" || at?.type === "TSClassImplements";
}

function qualified(node: Node): Role {
  let at: Node | null | undefined = node;
  while (at?.type === "TSQualifiedName") at = at.parent;
  if (at?.type === "TSTypeQuery") return "value";
  return at?.type === "TSImportType" || at?.type === "TSModuleDeclaration" ? "none" : "either";
}
