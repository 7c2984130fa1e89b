import type { ToldRun } from "#api";
import { EXIT, exitOfSignal } from "./exit-codes.ts";

/**
 * What the state of a plan's run means for whoever asked: 0 succeeded, 1 ended otherwise, 3 waiting at a gate, 6 not ended for
 * another reason.
 */
export function exitOfRun({ status, jobs }: Pick<ToldRun, "status" | "jobs">): number {
  switch (status) {
    case "succeeded":
      return EXIT.succeeded;
    case "failed":
    case "cancelled":
    case "rolled_back":
      return EXIT.runFailed;
    case "blocked":
      return jobs.some(({ gateOpen }) => gateOpen) ? EXIT.waiting : EXIT.precondition;
    default:
      return EXIT.precondition;
  }
}

/** The same for whoever followed the run: if a signal is why it has not ended, that is what is told. */
export function exitOfFollowed(run: Pick<ToldRun, "status" | "jobs">, interrupted: AbortSignal): number {
  const hasEnded = run.status !== "blocked" && exitOfRun(run) !== EXIT.precondition;
  return interrupted.aborted && !hasEnded ? exitOfSignal(interrupted.reason) : exitOfRun(run);
}
