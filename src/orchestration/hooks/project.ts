import type { Entity, EntityRecord } from "#model";

/** The part of a record that an effect gets to see: the fields of the projection, else all that are declared. Others never pass. */
export function project(record: EntityRecord, entity: Entity, projection: readonly string[] | undefined): EntityRecord {
  const names = projection ?? [...entity.fields.keys()];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = entity.fields.has(name) && Object.hasOwn(record, name) ? record[name] : undefined;
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
