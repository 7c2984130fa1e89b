export type { BlobReference, EventType, EvidenceRecord, RecordDraft, StoredRecord } from "./record.ts";
export type { EvidenceStore, RunHead } from "./evidence-store.ts";
