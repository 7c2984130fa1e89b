import type { EvidenceRecord, EventType, RecordDraft } from "#evidence";

/** What a record has from its place in a log. */
const OF_THE_PLACE: ReadonlySet<string> = new Set(["event_id", "run_id", "seq", "outputs_hash", "hash"]);

const OF_STEPS: ReadonlySet<EventType> = new Set(["step.started", "step.succeeded", "step.failed", "step.in_doubt"]);

/** Whether a record of the log of an attempt goes into the log of its run as well: what is told of its steps, and nothing else. */
export function isCopied({ event_type: type }: Pick<RecordDraft, "event_type">): boolean {
  return OF_STEPS.has(type);
}

/** The same record for another log: all that was said, without the place where it was said. */
export function copiedRecord(record: EvidenceRecord): RecordDraft {
  const said = Object.entries(record).filter(([name]) => !OF_THE_PLACE.has(name));
  return Object.fromEntries(said) as unknown as RecordDraft; // a record is a draft with a place
}
