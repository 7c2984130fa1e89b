import { propertyName } from "./names.ts";
import type { Node } from "./syntax.ts";
import { literal } from "./syntax.ts";
import type { Term } from "./terms.ts";

/** A list, with the lists that are spread in it. */
export function arrayTerm(elements: readonly (Node | null)[], inner: (part: Node) => Term): Term {
  const parts = elements.map((element): Term =>
    element === null || element.type === "SpreadElement" ? null : inner(element),
  );
  if (!elements.some((element) => element?.type === "SpreadElement")) return ["list", ...parts];
  // [...a, ...b]: the lists one after the other.
  const lists = elements.map((element, index): Term =>
    element?.type === "SpreadElement" ? inner(element.argument) : ["list", parts[index] ?? null],
  );
  return ["call", "concat", ["list"], ...lists];
}

/** A record of the properties; unknown if one of them has a name that nobody can know. */
export function objectTerm(properties: readonly Node[], inner: (part: Node) => Term): Term {
  const parts: Term[] = [];
  for (const property of properties) {
    if (property.type !== "Property" || property.kind !== "init") return null;
    const key = propertyName(property) ?? inner(property.key);
    if (typeof key !== "string" && typeof key !== "number") return null;
    parts.push(String(key), inner(property.value));
  }
  return ["record", ...parts];
}

/** An enum as a record of its members. */
export function enumTerm(declaration: Node & { type: "TSEnumDeclaration" }, inner: (part: Node) => Term): Term {
  let next: number | undefined = 0;
  const parts = declaration.body.members.flatMap((member): Term[] => {
    const name = member.id.type === "Identifier" ? member.id.name : (literal(member.id) ?? "");
    const value: Term = member.initializer === null ? (next ?? null) : inner(member.initializer);
    next = typeof value === "number" ? value + 1 : undefined;
    return [name, value];
  });
  return ["record", ...parts];
}
