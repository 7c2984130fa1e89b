import type { EntityRecord } from "#model";
import type { Expression } from "./expressions/expression.ts";

/** Records that a filter lets through, or why it cannot be told of one of them. */
export type FilteredRecords = { readonly records: readonly EntityRecord[] } | { readonly problem: string };

/** The records of which a filter holds; without one, all. The first of which it cannot be told ends it: leaving it out would be silent. */
export function applyFilter(
  filter: Expression | undefined,
  records: readonly EntityRecord[],
  trigger: EntityRecord,
): FilteredRecords {
  if (filter === undefined) return { records };
  const passed: EntityRecord[] = [];
  for (const record of records) {
    const answer = filter.evaluate({ record, trigger });
    if ("problem" in answer) return answer;
    if (answer.holds) passed.push(record);
  }
  return { records: passed };
}
