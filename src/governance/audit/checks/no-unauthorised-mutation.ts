import { seen } from "../../phrase.ts";
import { sameJson } from "../../same-json.ts";
import { concluded, sentences } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { ReadAudit } from "../read-audit-facts.ts";
import type { ReadEntry } from "../read-journal.ts";
import { outsidePlan, planFlaws } from "./plan-of-entry.ts";

/** from the job's start to the audit nothing was changed by nobody, by an unknown one, or beside the plan. */
export function checkMutations({ approved, journal }: ReadAudit): Finding {
  const wrong = sentences([
    ...journal.entries.map((entry) => (entry.isOwn ? outsidePlan(entry, approved) : unauthorised(entry))),
    ...hiddenChanges(journal.entries),
  ]);
  const unreadable = sentences([...planFlaws(approved), journal.flaw]);
  return concluded({ wrong, unreadable }, `All ${journal.entries.length} change(s) of the interval are authorised.`);
}

function unauthorised({ seq, key, by, authorised }: ReadEntry): string | undefined {
  const what = `Entry ${seq} of the journal changed ${seen(key)}`;
  if (by === undefined) return `${what}, and nobody is named who did it.`;
  return authorised ? undefined : `${what} by ${seen(by)}, who is neither an approved step nor a known person.`;
}

/** What stands before an entry is what the last entry of its key left: else somebody changed it without an entry. */
function hiddenChanges(entries: readonly ReadEntry[]): readonly string[] {
  const last = new Map<string, ReadEntry>();
  return entries.flatMap((entry) => {
    const previous = last.get(entry.key);
    last.set(entry.key, entry);
    if (previous === undefined || previous.after === undefined || entry.before === undefined) return [];
    if (sameJson(previous.after, entry.before)) return [];
    return [
      `Between the entries ${previous.seq} and ${entry.seq} of the journal ${seen(entry.key)} changed without an entry.`,
    ];
  });
}
