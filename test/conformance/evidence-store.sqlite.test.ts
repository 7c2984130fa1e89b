import { createSqliteStore } from "#evidence";
import { evidenceStoreConformance } from "./evidence-store.ts";
evidenceStoreConformance({ name: "sqlite", open: createSqliteStore, outlivesProcess: true });
