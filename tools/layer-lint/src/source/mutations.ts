import { memberName, words } from "./free-names.ts";
import type { Binding, Scopes } from "./scopes.ts";
import type { Node } from "./syntax.ts";
import { bare, outer } from "./syntax.ts";

/** Methods that change what they are called on. */
const CHANGING = new Set(words("copyWithin fill pop push reverse shift sort splice unshift append delete set"));

/**
 * Whether the object, list or URL that a constant holds may be another by the time it is used: a member is assigned, a
 * method changes it, or it is handed on to where nobody sees what happens to it.
 */
export function mayChange(binding: Binding, scopes: Scopes): boolean {
  const { declaration } = binding;
  if (declaration.type !== "VariableDeclarator" || declaration.init === null) return false;
  const init = bare(declaration.init);
  if (!["ObjectExpression", "ArrayExpression", "NewExpression"].includes(init.type)) return false;
  // Other files may change what they import.
  const isExported = declaration.parent?.parent?.type === "ExportNamedDeclaration";
  return isExported || scopes.usesOf(binding).some((use) => !isOnlyRead(use));
}

/** Whether the place only reads a member, however deep, or goes through the items. */
function isOnlyRead(use: Node): boolean {
  let at = use;
  for (;;) {
    const around = outer(at);
    if (around?.type !== "MemberExpression" || bare(around.object) !== at) break;
    at = around;
  }
  const around = outer(at);
  switch (around?.type) {
    case "AssignmentExpression":
      return bare(around.left) !== at && at !== use;
    case "UpdateExpression":
    case "UnaryExpression":
      return around.type === "UnaryExpression" && around.operator !== "delete";
    case "CallExpression":
      if (bare(around.callee) === at) return at.type !== "MemberExpression" || !CHANGING.has(memberName(at) ?? "set");
      return at !== use;
    case "SpreadElement":
    case "TSTypeQuery":
    case "TemplateLiteral":
    case "ImportExpression":
      return true;
    case "ForOfStatement":
      return bare(around.right) === at;
    case "NewExpression":
      // A URL that is handed to a worker or to another URL stays what it is.
      return true;
    case "VariableDeclarator":
      return at !== use || around.id.type !== "Identifier";
    default:
      return at !== use;
  }
}
