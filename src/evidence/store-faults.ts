import { Fault } from "#model";
import type { RunHead } from "./evidence-store.ts";

/** The fault for an append that comes for another place than the end of its log. */
export function placeTaken(head: RunHead | undefined, runId: string, at: number): Fault {
  const end = head?.completed === true ? " and ended" : "";
  const text = `Run ${runId} has ${head?.size ?? 0} records${end}; an append came for position ${at}.`;
  return new Fault("SEQUENCE_CONFLICT", text);
}

/** The fault for an append to a run that somebody else holds. */
export function fenced(runId: string): Fault {
  const text = `Run ${runId} is held by another process that uses the same store; nothing of this was written. Ask that process, or wait until it has ended or its lease is over.`;
  return new Fault("RUN_FENCED", text);
}

/** The fault for what only processes that share a store can do. */
export function notShared(): Fault {
  const text = "One process owns this store, so nobody else can perform or stop its runs; `store: postgres` is shared.";
  return new Fault("INVALID_CONFIGURATION", text);
}

/** The fault for whatever is asked of a store that has halted. */
export function halted(why: string, cause?: unknown): Fault {
  return new Fault(
    "STORE_HALTED",
    `The evidence store took no more records after a failed write (${why}). Mend the cause and start again: the start reads what is really on disk.`,
    { cause },
  );
}
