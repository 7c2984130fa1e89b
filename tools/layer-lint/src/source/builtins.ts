import { isBuiltin } from "node:module";
import { importedBy, propertyBinding } from "./names.ts";
import type { Binding, Scopes } from "./scopes.ts";
import type { Node } from "./syntax.ts";
import { bare, literal } from "./syntax.ts";

/** A built-in module, or what it exports as `member`. */
export interface BuiltinValue {
  readonly module: string;
  readonly member?: string;
}

/** What the search works with; both functions guard against going in circles. */
export interface BuiltinParts {
  readonly scopes: Scopes;
  readonly keyOf: (member: Node) => string | undefined;
  readonly builtinOf: (node: Node) => BuiltinValue | undefined;
}

/** What the expression is of a built-in module. */
export function builtinAt(node: Node, parts: BuiltinParts): BuiltinValue | undefined {
  const { scopes, keyOf, builtinOf } = parts;
  if (node.type === "Identifier") {
    const binding = scopes.bindingOf(node);
    if (binding === undefined) return node.name === "process" ? { module: "process" } : undefined;
    const imported = importedBy(binding);
    if (imported !== undefined) {
      if (!isBuiltin(imported.specifier)) return undefined;
      const module = imported.specifier.replace(/^node:/, "");
      return imported.name === "*" || imported.name === "default" ? { module } : { module, member: imported.name };
    }
    return ofVariable(binding, parts);
  }
  if (node.type === "AwaitExpression") return builtinOf(node.argument);
  if (node.type === "ImportExpression") return builtinNamed(literal(node.source));
  if (node.type === "MemberExpression") {
    const of = builtinOf(node.object);
    const key = keyOf(node);
    if (of === undefined || key === undefined || key === "default") return of;
    if (of.member === "promises") return { module: `${of.module}/promises`, member: key };
    return of.member === undefined ? { module: of.module, member: key } : of;
  }
  if (node.type !== "CallExpression") return undefined;
  const name = literal(node.arguments[0] ?? null);
  const callee = bare(node.callee);
  if (callee.type === "Identifier" && callee.name === "require" && scopes.isFree(callee)) return builtinNamed(name);
  const called = builtinOf(callee);
  if (called?.module === "process" && called.member === "getBuiltinModule") return builtinNamed(name);
  return undefined;
}

function ofVariable({ declaration, node, writes }: Binding, { builtinOf }: BuiltinParts): BuiltinValue | undefined {
  if (declaration.type !== "VariableDeclarator" || declaration.init === null || writes.length > 0) return undefined;
  const of = builtinOf(declaration.init);
  if (of === undefined || declaration.id === node) return of;
  const property = declaration.id.type === "ObjectPattern" ? propertyBinding(declaration.id, node) : undefined;
  return property === undefined || of.member !== undefined ? of : { module: of.module, member: property };
}

function builtinNamed(specifier: string | undefined): BuiltinValue | undefined {
  return specifier !== undefined && isBuiltin(specifier) ? { module: specifier.replace(/^node:/, "") } : undefined;
}
