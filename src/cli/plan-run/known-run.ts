import { toldRunWithLog } from "#api";
import type { ToldRunWithLog, VerbatimClient } from "#api";
import { Fault } from "#model";

/** A run of a plan; undefined if under this id there is none, be it that there is nothing or the run of a direct job. */
export async function planRunIfAny(client: VerbatimClient, runId: string): Promise<ToldRunWithLog | undefined> {
  try {
    return toldRunWithLog(await client.runs.getRun({ runId }));
  } catch (error) {
    if (error instanceof Fault && (error.code === "RUN_NOT_FOUND" || error.code === "UNIMPLEMENTED")) return undefined;
    throw error;
  }
}
