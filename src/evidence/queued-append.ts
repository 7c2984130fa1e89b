import { genesis } from "./chain.ts";
import { encodeRecord } from "./encode.ts";
import type { RunHead } from "./evidence-store.ts";
import type { LogBackend, RunAppend } from "./log-backend.ts";
import { areForBehind, endedAfter, mayStandBehind } from "./log-kind.ts";
import { parsedLine } from "./parsed-line.ts";
import type { RecordDraft, StoredRecord } from "./record.ts";
import { requireBoundedSize } from "./store-bounds.ts";

/** An append that waits for its commit. */
export interface QueuedAppend {
  readonly runId: string;
  readonly at: number;
  readonly drafts: readonly RecordDraft[];
  readonly resolve: (records: readonly StoredRecord[]) => void;
  readonly reject: (fault: unknown) => void;
}

/** An append that takes its place, with the lines that are to be written. */
export interface AcceptedAppend {
  readonly from: QueuedAppend;
  readonly append: RunAppend;
}

/** Gives drafts their places and hashes behind `before`, and the head that the log has then. @throws {Fault} LIMIT_EXCEEDED if they are too long. */
export function encodeAppend(
  { runId, at, drafts }: QueuedAppend,
  before: RunHead | undefined,
  newEventId: () => string,
): { readonly records: readonly StoredRecord[]; readonly head: RunHead } {
  let previous = before?.hash ?? genesis(runId);
  const records = drafts.map((draft, offset) => {
    const stored = encodeRecord(draft, { runId, seq: at + offset, previous, eventId: newEventId() });
    previous = stored.record.hash;
    return stored;
  });
  requireBoundedSize(runId, records);
  const completed = endedAfter(drafts, before?.completed === true);
  return { records, head: { runId, size: at + records.length, hash: previous, completed } };
}

/** Whether an append may stand behind the end of its log. The end may be in the same commit as that. */
export async function mayGoOn(
  { runId, drafts }: QueuedAppend,
  { size }: RunHead,
  { accepted, backend }: { readonly accepted: readonly AcceptedAppend[]; readonly backend: LogBackend },
): Promise<boolean> {
  const [first] = drafts;
  if (first === undefined || !areForBehind(drafts)) return false;
  const written = accepted.findLast(({ from }) => from.runId === runId)?.append.records.at(-1)?.record;
  const [line] = written === undefined ? await backend.read(runId, size - 2, 1) : [];
  const end = line === undefined ? written : parsedLine(line, runId, size - 1);
  return end !== undefined && mayStandBehind(end, first);
}
