import { toldRunWithLog } from "#api";
import { EXIT, exitOfSignal } from "../exit-codes.ts";
import { followToEnd } from "../plan-run/follow-to-end.ts";
import type { FollowFlags } from "../plan-run/follow-to-end.ts";
import { actorOf } from "../plan-run/words-of-people.ts";
import type { Session } from "../session.ts";

/** Flags of `rollback`. */
export interface RollbackFlags extends Omit<FollowFlags, "wait"> {
  readonly reason: string;
}

/** `verbatim rollback RUN`: undoes what of a failed run can be undone, and follows it. That all of it was is exit code 0. */
export async function rollback(runId: string, flags: RollbackFlags, session: Session): Promise<number> {
  const { host } = session;
  if (host.interrupted.aborted) return exitOfSignal(host.interrupted.reason);
  await using connection = await host.connect(flags, { isFound: true });
  const { runs } = connection.client;
  const before = toldRunWithLog(await runs.getRun({ runId }));
  await runs.rollbackRun({ runId, actor: actorOf(flags, host), reason: flags.reason });
  const followed = { runId, connection, attached: false, shownUpTo: before.logSize - 1 };
  const code = await followToEnd(followed, { progress: flags.progress }, session);
  const { run } = toldRunWithLog(await runs.getRun({ runId }));
  return run.status === "rolled_back" ? EXIT.succeeded : code;
}
