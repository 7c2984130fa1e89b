import { exitOfFollowed } from "../exit-of-run.ts";
import type { CommonFlags } from "../host.ts";
import type { ProgressMode } from "../progress-modes.ts";
import type { Session } from "../session.ts";
import { createRunReporter } from "./create-run-reporter.ts";
import { followRun } from "./follow-run.ts";
import type { FollowOptions } from "./follow-run.ts";
import { tellRun } from "./tell-run.ts";
import type { ActorFlags } from "./words-of-people.ts";

/** Flags of commands that follow a run. */
export interface FollowFlags extends CommonFlags, ActorFlags {
  readonly wait?: true;
  readonly progress: ProgressMode;
}

/** Follows a run, tells what became of it, and gives the exit code that goes with it. @throws {Fault} */
export async function followToEnd(
  followed: Pick<FollowOptions, "runId" | "connection" | "attached" | "shownUpTo">,
  { progress, wait = false }: Pick<FollowFlags, "progress"> & { readonly wait?: boolean },
  session: Session,
): Promise<number> {
  const { host } = session;
  const reporter = await createRunReporter(progress, session);
  try {
    const ended = await followRun({ ...followed, host, reporter, wait });
    await reporter.end();
    await tellRun(ended, session);
    return exitOfFollowed(ended.run, host.interrupted);
  } finally {
    await reporter.end();
  }
}
