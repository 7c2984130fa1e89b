import type { Binding, Scopes } from "./scopes.ts";
import { isFunction } from "./scopes.ts";
import type { Node } from "./syntax.ts";
import { childrenOf, literal, within } from "./syntax.ts";

/** How a name was imported. */
export interface ImportedName {
  readonly specifier: string;
  /** As the other module calls it; `*` for all of it. */
  readonly name: string;
}

/** What an import binds a name to. */
export function importedBy(binding: Binding | undefined): ImportedName | undefined {
  const declaration = binding?.declaration;
  if (declaration === undefined) return undefined;
  if (declaration.type === "TSImportEqualsDeclaration") {
    const { moduleReference } = declaration;
    if (moduleReference.type !== "TSExternalModuleReference") return undefined;
    return { specifier: moduleReference.expression.value, name: "*" };
  }
  const statement = declaration.parent;
  if (statement?.type !== "ImportDeclaration") return undefined;
  const specifier = statement.source.value;
  if (declaration.type === "ImportDefaultSpecifier") return { specifier, name: "default" };
  if (declaration.type === "ImportNamespaceSpecifier") return { specifier, name: "*" };
  if (declaration.type !== "ImportSpecifier") return undefined;
  const { imported } = declaration;
  return { specifier, name: imported.type === "Literal" ? imported.value : imported.name };
}

/** The name of a property, if it is written and not computed. */
export function propertyName(node: Node): string | undefined {
  if (!("key" in node)) return undefined;
  const { key } = node;
  if (typeof key !== "object" || key === null || !("type" in key)) return undefined;
  if (key.type === "Literal") return literal(key) ?? String((key as { value: unknown }).value); // as: a literal has a value
  const isComputed = "computed" in node && node.computed;
  if (key.type === "PrivateIdentifier") return undefined;
  return key.type === "Identifier" && !isComputed ? key.name : undefined;
}

export function propertyBinding(pattern: Node & { type: "ObjectPattern" }, name: Node): string | undefined {
  const property = pattern.properties.find((each) => within(each).includes(name));
  return property?.type === "Property" ? propertyName(property) : undefined;
}

export function returnsOf(body: Node): Node[] {
  const answers: Node[] = [];
  const open: Node[] = [body];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.type === "ReturnStatement") {
      if (at.argument !== null) answers.push(at.argument);
    } else if (!isFunction(at)) open.push(...childrenOf(at));
  }
  return answers;
}

export function classAround(node: Node): (Node & { type: "ClassBody" }) | undefined {
  for (let at = node.parent; at; at = at.parent) if (at.type === "ClassBody") return at;
  return undefined;
}

export function classOf(init: Node | undefined, scopes: Scopes): (Node & { type: "ClassBody" }) | undefined {
  if (init?.type === "ClassDeclaration" || init?.type === "ClassExpression") return init.body;
  if (init?.type !== "NewExpression" || init.callee.type !== "Identifier") return undefined;
  const declaration = scopes.bindingOf(init.callee)?.declaration;
  return declaration?.type === "ClassDeclaration" ? declaration.body : undefined;
}

export function hasInitial({ declaration }: Binding): boolean {
  if (declaration.type !== "VariableDeclarator") return true;
  return declaration.init !== null || declaration.parent?.parent?.type === "ForOfStatement";
}
