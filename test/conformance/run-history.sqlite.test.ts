import { fileHistory } from "../evidence/history/support/disposable-history.ts";
import { runHistoryConformance } from "./run-history.ts";
runHistoryConformance({ name: "sqlite", open: () => fileHistory() });
