import { toldRunWithLog } from "#api";
import { exitOfSignal } from "../exit-codes.ts";
import { followToEnd } from "../plan-run/follow-to-end.ts";
import type { FollowFlags } from "../plan-run/follow-to-end.ts";
import { planSource, refusedPlan } from "../plan-run/plan-source.ts";
import { actorOf } from "../plan-run/words-of-people.ts";
import type { Session } from "../session.ts";

/** Flags of `resume`. */
export interface ResumeFlags extends FollowFlags {
  /** File of the plan as it is now. */
  readonly plan?: string;
  /** `NAME=VALUE` each, as they were given to `run`. */
  readonly env?: readonly string[];
  readonly failedOnly?: true;
  readonly fromJob?: string;
  readonly rerun?: readonly string[];
  readonly force?: true;
  readonly reason?: string;
}

/** `verbatim resume RUN`: goes on with a run that was interrupted, is blocked or has failed, and follows it. */
export async function resume(runId: string, flags: ResumeFlags, session: Session): Promise<number> {
  const { host } = session;
  const { fromJob = "", rerun = [], failedOnly = false, force = false, reason = "" } = flags;
  const plan = flags.plan === undefined ? undefined : await planSource(flags.plan, flags.env ?? [], host);
  if (host.interrupted.aborted) return exitOfSignal(host.interrupted.reason);
  await using connection = await host.connect(flags, { isFound: true });
  const { runs } = connection.client;
  const before = toldRunWithLog(await runs.getRun({ runId }));
  const asked = { runId, actor: actorOf(flags, host), reason, failedOnly, fromJob, rerun: [...rerun], force };
  await runs.resumeRun({ ...asked, ...(plan !== undefined && { plan }) }).catch((error: unknown) => {
    throw plan === undefined ? error : refusedPlan(error, plan);
  });
  return await followToEnd({ runId, connection, attached: false, shownUpTo: before.logSize - 1 }, flags, session);
}
