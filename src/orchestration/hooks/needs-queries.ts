import type { RecordQuery } from "#effects";
import type { Entity, HookJob, HookSet } from "#model";
import { Fault } from "#model";
import { entityOf } from "./compile-hooks.ts";

/** One relation of `needs`, as it is asked of the database. */
export interface Hop {
  readonly relation: string;
  readonly from: Entity;
  readonly to: Entity;
  /** The field of `from` whose values are looked for. */
  readonly looksFor: string;
  readonly query: RecordQuery;
}

/**
 * What has to be asked for a job's `needs`, hop after hop; nothing if the triggering record is all it needs. On the way only keys and what
 * leads on are read; of the last entity all declared fields.
 * @throws {Fault} INVALID_CONFIGURATION if there is no such relation.
 */
export function needsQueries(set: HookSet, job: Pick<HookJob, "input" | "needs">): readonly Hop[] {
  const hops: Omit<Hop, "query">[] = [];
  const columns: string[] = [];
  let from = entityOf(set, job.input);
  for (const name of job.needs) {
    const relation = from.relations.get(name);
    if (relation === undefined)
      throw new Fault("INVALID_CONFIGURATION", `The hooks know no relation ${name} of ${from.name}.`);
    const to = entityOf(set, relation.to);
    hops.push({ relation: name, from, to, looksFor: relation.kind === "one" ? relation.column : from.key });
    columns.push(relation.kind === "one" ? to.key : relation.column);
    from = to;
  }
  return hops.map((hop, at) => {
    const column = columns[at] ?? "";
    const next = hops[at + 1]?.looksFor;
    const wanted = new Set([hop.to.key, column, next]);
    const fields = new Map([...hop.to.fields].filter(([name]) => next === undefined || wanted.has(name)));
    return { ...hop, query: { table: hop.to.table, fields, column } };
  });
}
