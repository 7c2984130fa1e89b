import type { ChangeOperation } from "#model";

/** What a hook's condition may speak of: behind a create there is nothing old, behind a delete nothing new. */
export function conditionVariables(operation: ChangeOperation): readonly ("new" | "old")[] {
  if (operation === "create") return ["new"];
  return operation === "delete" ? ["old"] : ["new", "old"];
}
