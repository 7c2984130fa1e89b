import { createMemoryStore } from "#evidence";
import { evidenceStoreConformance } from "./evidence-store.ts";
evidenceStoreConformance({
  name: "memory",
  open: (_directory, options) => createMemoryStore(options),
  outlivesProcess: false,
});
