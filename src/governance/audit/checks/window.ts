import { writeInstant } from "../../instant.ts";
import { concluded, sentences } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { ReadAudit } from "../read-audit-facts.ts";

/** A moment with what happened then, told only if somebody wants to know. */
type Moment = readonly [what: () => string, epochMs: number | undefined];

/** everything that the job did, from its start to its end, lies in the activation window. */
export function checkWindow({ approved, log, journal }: ReadAudit): Finding {
  const { opensMs, endsMs } = approved;
  const effects = journal.entries.filter(({ isOwn }) => isOwn);
  const moments: readonly Moment[] = [
    [() => "The job started", log?.startedMs],
    [() => "The job ended", log?.endedMs],
    ...(log?.steps ?? []).flatMap(({ startedMs, endedMs }, index): readonly Moment[] => [
      [() => `Step ${index} started`, startedMs],
      [() => `Step ${index} ended`, endedMs],
    ]),
  ];
  const late = effects.map(({ seq, atMs }): Moment => [
    () => `Entry ${seq} of the journal, by the job, was made`,
    atMs,
  ]);
  const [startedMs, endedMs] = [log?.startedMs, log?.endedMs];
  const wrong = sentences([
    ...moments.map((moment) => beforeOpening(moment, opensMs)),
    ...[...moments, ...late].map((moment) => afterEnd(moment, endsMs)),
    startedMs !== undefined && endedMs !== undefined && endedMs < startedMs && "The job ended before it started.",
  ]);
  const unreadable = sentences([
    (opensMs === undefined || endsMs === undefined) && "The activation window is unreadable.",
    log === undefined && "The log does not prove when the job ran.",
    log?.steps === undefined && "The log's steps are unreadable.",
    ...moments.map(([what, epochMs]) => epochMs === undefined && `${what()} at a time that is unreadable.`),
  ]);
  return concluded({ wrong, unreadable }, "The job started and ended within the activation window.");
}

function beforeOpening([what, epochMs]: Moment, opensMs: number | undefined): string | false {
  if (epochMs === undefined || opensMs === undefined || epochMs >= opensMs) return false;
  return `${what()} at ${writeInstant(epochMs)}, before the activation at ${writeInstant(opensMs)}.`;
}

function afterEnd([what, epochMs]: Moment, endsMs: number | undefined): string | false {
  if (epochMs === undefined || endsMs === undefined || epochMs < endsMs) return false;
  return `${what()} at ${writeInstant(epochMs)}, and the activation window ended at ${writeInstant(endsMs)}.`;
}
