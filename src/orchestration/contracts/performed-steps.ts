import type { EvidenceRecord, EvidenceStore } from "#evidence";

const PAGE = 256;

/** Records of a job's log, in order. */
export async function jobRecords(store: EvidenceStore, jobId: string): Promise<readonly EvidenceRecord[]> {
  const records: EvidenceRecord[] = [];
  for (;;) {
    const page = await store.read(jobId, records.length - 1, PAGE);
    if (page.length === 0) return records;
    records.push(...page.map(({ record }) => record));
  }
}

/** The steps of a job that were started: each of them may have taken effect, whatever became of it. */
export async function performedSteps(store: EvidenceStore, jobId: string): Promise<readonly number[]> {
  const records = await jobRecords(store, jobId);
  const started = records.filter((record) => record.event_type === "step.started");
  return [...new Set(started.flatMap(({ step_index: index }) => (index === undefined ? [] : [index])))];
}
