import { seen } from "../../phrase.ts";
import { concluded, sentences } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { ReadAudit } from "../read-audit-facts.ts";

/**
 * everything that the job changed can be put back, because the journal says what stood there before. What has
 * no entry had no effect, as the platform itself writes the entries, so a journal that is not whole leaves it open.
 */
export function checkRollback({ approved, journal }: ReadAudit): Finding {
  const own = journal.entries.filter(({ isOwn }) => isOwn);
  const wrong = sentences([
    ...own.map(
      ({ before, seq, key }) =>
        before === undefined &&
        `Entry ${seq} of the journal does not say what stood at ${seen(key)} before, so it cannot be put back.`,
    ),
    ...own.map(
      ({ stepIndex, seq, by }) =>
        stepIndex === undefined && `Entry ${seq} of the journal, by ${seen(by)}, names no step that could be undone.`,
    ),
  ]);
  const unreadable = sentences([approved.jobId === undefined && "The approved job is unreadable.", journal.flaw]);
  return concluded(
    { wrong, unreadable },
    `What stood there before is known for all ${own.length} change(s) by the job.`,
  );
}
