import { setImmediate as turn } from "node:timers/promises";
import type { EvidenceRecord, EvidenceStore, RunHead } from "#evidence";
import { firstRecord } from "#worker";
import { isPlanRun } from "../run/load-run.ts";
import { notificationCause } from "./notification-facts.ts";

const PAGE = 512;

/** Whether the first record of a run says that somebody is to be told of it. */
export function isNotifying(created: EvidenceRecord): boolean {
  return isPlanRun(created) && causesOf(created).length > 0;
}

/** The records of a run that somebody is to be told of, by their sequence numbers: of a run that has said nothing of it, none. */
export async function wordsOf(store: EvidenceStore, head: RunHead): Promise<readonly number[]> {
  const { runId } = head;
  const created = await firstRecord(store, runId);
  if (created === undefined || !isNotifying(created)) return [];
  const causes = causesOf(created);
  const words: number[] = [];
  for (let read = 0; ;) {
    const page = await store.read(runId, read - 1, PAGE);
    if (page.length === 0) return words;
    for (const { record } of page) {
      const cause = notificationCause(record);
      if (cause !== undefined && causes.includes(cause)) words.push(record.seq);
    }
    read += page.length;
    await turn(); // for everybody else
  }
}

function causesOf({ data }: EvidenceRecord): readonly unknown[] {
  const causes = data?.["notify_on"];
  return Array.isArray(causes) ? causes : [];
}
