import { safeText } from "../text/safe-text.ts";
import { counted } from "../text/words.ts";
import type { RunEvent, RunTracker } from "./run-tracker.ts";

/** What is about to be followed. */
export interface RunBeginning {
  readonly runId: string;
  /** The plan's name. */
  readonly name: string;
  readonly jobs: number;
  /** Where it runs. */
  readonly where: string;
  /** Whether it had been accepted before. */
  readonly attached: boolean;
}

/** Shows a run on standard error while it is followed. */
export interface RunReporter {
  begin(beginning: RunBeginning, tracker: RunTracker): Promise<void>;
  /** An event, which the tracker has taken already. */
  event(event: RunEvent, tracker: RunTracker): Promise<void>;
  /** A word about the command itself. */
  note(text: string): Promise<void>;
  end(): Promise<void>;
}

/** The line with which following begins. */
export function beginningText({ runId, name, jobs, where }: RunBeginning): string {
  return safeText(`Run ${runId}: plan ${name}, ${counted(jobs, "job")}, ${where}`);
}

/** What is said of a run that this call did not start. */
export const ATTACHED = "This run was accepted before: attached to it, nothing is started again.";
