import { createMemoryHistory } from "#evidence";
import { disposable } from "../evidence/history/support/disposable-history.ts";
import { runHistoryConformance } from "./run-history.ts";
runHistoryConformance({ name: "memory", open: () => disposable(createMemoryHistory()) });
