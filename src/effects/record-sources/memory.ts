import type { EntityRecord } from "#model";
import { Fault } from "#model";
import type { RecordSource } from "../record-source.ts";
import { refuseAborted, refuseMore } from "./read-check.ts";

/** Records by table, in memory: for tests, and to try hooks out. */
export function createMemorySource(tables: ReadonlyMap<string, readonly EntityRecord[]>): RecordSource {
  let closed = false;
  return {
    async readRecords({ table, fields, column }, { values, maxRecords, signal }) {
      refuseAborted(signal);
      if (closed) throw new Fault("SOURCE_UNAVAILABLE", "The database of records cannot be read: it is closed.");
      if (values.length === 0) return [];
      const records = tables.get(table);
      if (records === undefined) throw misfit(`there is no table ${table}`);
      const wanted = new Set(values);
      const found = records.filter((record) => {
        const value = record[column];
        return (typeof value === "string" || typeof value === "number") && wanted.has(value);
      });
      refuseMore(found.length, { table, maxRecords });
      return found.map((record) =>
        Object.fromEntries(
          [...fields.keys()].map((name) => {
            const value = Object.hasOwn(record, name) ? record[name] : undefined;
            if (value === undefined) throw misfit(`there is no column ${name} in ${table}`);
            return [name, structuredClone(value)];
          }),
        ),
      );
    },
    async close() {
      closed = true;
    },
  };
}

function misfit(why: string): Fault {
  return new Fault("NOT_CONFIGURED", `The database does not fit the file of hooks: ${why}.`);
}
