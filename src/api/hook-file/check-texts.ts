import { textPieces } from "#orchestration";
import type { ReferenceRoot } from "#orchestration";
import type { Keys } from "#document";
import type { Entity } from "#model";
import { unknownName } from "./file-parts.ts";
import type { FileParts } from "./file-parts.ts";

/** Whose fields the texts of a job's parameters may hold; an undefined entity is one that something is wrong with. */
export interface TextScope {
  readonly resolved: Entity | undefined;
  readonly input: Entity | undefined;
  /** Fields of `resolved` that the effect gets to see; undefined = all. */
  readonly projection: readonly string[] | undefined;
  readonly tell: FileParts["tell"];
}

/** Looks at every text inside of a job's parameters, and tells what none of its records can give. */
export function checkTexts(value: unknown, keys: Keys, scope: TextScope): void {
  if (typeof value === "string") {
    for (const piece of textPieces(value)) {
      if ("problem" in piece) scope.tell(keys, piece.problem);
      else if ("root" in piece) checkReference(piece, keys, scope);
    }
  } else if (Array.isArray(value)) {
    for (const [at, item] of (value as readonly unknown[]).entries()) checkTexts(item, [...keys, at], scope);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (name.includes("${")) scope.tell([...keys, name], "has ${ in a name; only texts hold the values of fields");
      if (name === "secretRef" && typeof member === "string" && textPieces(member).some((piece) => "root" in piece))
        scope.tell([...keys, name], "holds the value of a field; which secret is used has to stand in the file");
      checkTexts(member, [...keys, name], scope);
    }
  }
}

function checkReference(
  { root, field }: { readonly root: ReferenceRoot; readonly field: string },
  keys: Keys,
  { resolved, input, projection, tell }: TextScope,
): void {
  const entity = root === "record" ? resolved : input;
  if (entity === undefined) return;
  if (!entity.fields.has(field)) {
    const lacks = `which ${entity.name} does not have`;
    tell(keys, `has \${${root}.${field}}: it ${unknownName("field", field, { known: entity.fields.keys(), lacks })}`);
  } else if (root === "record" && projection !== undefined && !projection.includes(field))
    tell(keys, `has \${record.${field}}, and ${field} is not among the fields that take lists; add it there`);
}

/** Whether any text inside holds a field of `old`. */
export function speaksOfOld(value: unknown): boolean {
  if (typeof value === "string") return textPieces(value).some((piece) => "root" in piece && piece.root === "old");
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(speaksOfOld);
}
