import type { Entity, FieldType, Relation } from "#model";
import type { FileParts } from "./file-parts.ts";
import { unknownName } from "./file-parts.ts";
import type { HookFileEntity, HookFileRelation } from "./hook-schema.ts";

/** Entities by name; undefined = declared, and something is wrong with it. */
export type CheckedEntities = ReadonlyMap<string, Entity | undefined>;

/** The entities of a file; what is wrong with them is told. A relation that leads nowhere is left out. */
export function checkedEntities(parts: FileParts): CheckedEntities {
  return new Map(
    [...parts.entities].map(([name, entity]) => [
      name,
      entity === undefined ? undefined : checkedEntity(name, entity, parts),
    ]),
  );
}

function checkedEntity(name: string, entity: HookFileEntity, parts: FileParts): Entity {
  const fields = new Map(Object.entries(entity.fields));
  const pieces = entity.table.split(".");
  if (pieces.length > 2 || pieces.includes(""))
    parts.tell(["entities", name, "table"], `is ${entity.table}; expected a table, or schema.table`);
  const keyType = fields.get(entity.key);
  if (keyType === undefined)
    parts.tell(["entities", name, "key"], `is ${entity.key}, which is none of its fields; add it to fields`);
  else if (!isKeyType(keyType))
    parts.tell(["entities", name, "key"], `is ${entity.key}, which is ${keyType}; a key is int or string`);
  const relations = new Map(
    Object.entries(entity.relations ?? {}).flatMap(([relationName, relation]) => {
      const checked = checkedRelation(relation, { name, relationName, entity, parts });
      return checked === undefined ? [] : [[relationName, checked] as const];
    }),
  );
  return { name, table: entity.table, key: entity.key, fields, relations };
}

interface Place {
  readonly name: string;
  readonly relationName: string;
  readonly entity: HookFileEntity;
  readonly parts: FileParts;
}

function checkedRelation({ one, many, column }: HookFileRelation, place: Place): Relation | undefined {
  const { name, relationName, entity, parts } = place;
  const keys = ["entities", name, "relations", relationName];
  const to = one ?? many;
  if (to === undefined || (one !== undefined && many !== undefined)) {
    parts.tell(keys, to === undefined ? "leads nowhere; give it one, or many" : "has one and many; keep one of them");
    return undefined;
  }
  const kind = one === undefined ? "many" : "one";
  if (!parts.entities.has(to)) {
    parts.tell([...keys, kind], unknownName("entity", to, { known: parts.entities.keys() }));
    return undefined;
  }
  const other = parts.entities.get(to);
  if (other === undefined) return undefined;
  const [holder, held] = kind === "one" ? [entity, other] : [other, entity];
  const [holderName, heldName] = kind === "one" ? [name, to] : [to, name];
  const type = typeOf(holder, column);
  const keyType = typeOf(held, held.key);
  if (type === undefined)
    parts.tell([...keys, "column"], `is ${column}, which is none of the fields of ${holderName}; add it to them`);
  else if (keyType !== undefined && keyType !== type)
    parts.tell(
      [...keys, "column"],
      `is ${column} of ${holderName}, which is ${type}, and ${held.key} of ${heldName} is ${keyType}`,
    );
  return { kind, to, column };
}

function isKeyType(type: FieldType): boolean {
  return type === "int" || type === "string";
}

function typeOf({ fields }: HookFileEntity, name: string): FieldType | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
