import { createJsonlStore } from "#evidence";
import { evidenceStoreConformance } from "./evidence-store.ts";
evidenceStoreConformance({ name: "jsonl", open: createJsonlStore, outlivesProcess: true });
