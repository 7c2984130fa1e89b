import type { Session } from "../session.ts";
import type { RunReporter } from "./run-reporter.ts";

export function createLiveReporter(_session: Session): RunReporter {
  throw new Error("later");
}
