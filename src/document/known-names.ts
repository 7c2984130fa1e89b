import type { z } from "zod";

/** The names that a schema knows for the members of the object under these keys; none if there is no object. */
export function knownNames(schema: z.core.$ZodType, keys: readonly PropertyKey[]): readonly string[] {
  let types = unwrapped(schema);
  for (const key of keys) types = types.flatMap((type) => memberTypes(type, key).flatMap(unwrapped));
  return types.map(defOf).flatMap((def) => (isObject(def) ? Object.keys(def.shape) : []));
}

/** The name that was meant: the same letters in another case or with other marks between them, or one letter off. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = plainName(name);
  const same = known.find((other) => plainName(other) === plain);
  return same ?? known.find((other) => plain.length > 2 && oneLetterOff(plain, plainName(other)));
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** One letter changed, too many, missing, or two that have changed places. */
function oneLetterOff(one: string, other: string): boolean {
  let start = 0;
  while (start < one.length && one.charAt(start) === other.charAt(start)) start += 1;
  const [rest, otherRest] = [one.slice(start), other.slice(start)];
  const swapped = otherRest.slice(1, 2) + otherRest.slice(0, 1) + otherRest.slice(2);
  return (
    rest.slice(1) === otherRest.slice(1) ||
    rest.slice(1) === otherRest ||
    rest === otherRest.slice(1) ||
    rest === swapped
  );
}

/** The schemas that a value of this one can be of, without what only says whether it may be left out. */
function unwrapped(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const def = defOf(schema);
  if ("innerType" in def) return unwrapped(def.innerType as z.core.$ZodType); // optional, default and the like hold one
  if (def.type === "union") return (def as z.core.$ZodUnionDef).options.flatMap(unwrapped);
  return [schema];
}

function memberTypes(schema: z.core.$ZodType, key: PropertyKey): readonly z.core.$ZodType[] {
  const def = defOf(schema);
  if (isObject(def)) return [def.shape[String(key)]].filter((type) => type !== undefined);
  if (def.type === "record") return [(def as z.core.$ZodRecordDef).valueType];
  if (def.type === "array") return [(def as z.core.$ZodArrayDef).element];
  return [];
}

function defOf(schema: z.core.$ZodType): z.core.$ZodTypeDef {
  return (schema as z.ZodType).def; // none here is made by zod's small face
}

function isObject(def: z.core.$ZodTypeDef): def is z.core.$ZodObjectDef {
  return def.type === "object";
}
