import type { ExecutionResult } from "#model";
import { EXIT, exitOfSignal } from "./exit-codes.ts";

const JOB_TIMEOUT = /^job timed out after /;
const STOPPED_BY_JOB_TIMEOUT = /^Stopped before step \d+: job timed out after /;

/** What an ended job means for whoever started it. */
export function exitOfJob(result: ExecutionResult, interrupted: AbortSignal): number {
  if (result.finalStatus === "COMPLETED") return EXIT.succeeded;
  if (result.finalStatus === "CANCELLED" && interrupted.aborted) return exitOfSignal(interrupted.reason);
  return endedByJobTimeout(result) ? EXIT.timeout : EXIT.runFailed;
}

function endedByJobTimeout({ finalReason, stepResults }: ExecutionResult): boolean {
  const last = stepResults.at(-1);
  const inStep = last?.errorClass === "timeout" && JOB_TIMEOUT.test(last.error ?? "");
  return inStep || STOPPED_BY_JOB_TIMEOUT.test(finalReason);
}
