import { resultOf, toldRun } from "#api";
import type { VerbatimClient } from "#api";
import type { CommonFlags } from "../host.ts";
import { EXIT } from "../exit-codes.ts";
import { planRunIfAny } from "../plan-run/known-run.ts";
import { actorOf } from "../plan-run/words-of-people.ts";
import type { ActorFlags } from "../plan-run/words-of-people.ts";
import type { Session } from "../session.ts";
import { runWord } from "../text/run-words.ts";
import { safeText } from "../text/safe-text.ts";
import { jobWord } from "../text/words.ts";

/** Flags of `cancel`. */
export interface CancelFlags extends CommonFlags, ActorFlags {
  readonly reason: string;
  /** The same as `actor`, which wins. */
  readonly by?: string;
}

interface Cancelling {
  readonly runId: string;
  readonly actor: string;
  readonly reason: string;
}

/** `verbatim cancel RUN`: stops a run and waits for its end. That it had ended by itself before is exit code 6. */
export async function cancel(runId: string, flags: CancelFlags, session: Session): Promise<number> {
  const { host } = session;
  await using connection = await host.connect(flags);
  const { reason, by } = flags;
  const actor = flags.actor ?? by ?? actorOf({}, host);
  const isPlan = (await planRunIfAny(connection.client, runId)) !== undefined;
  return await (isPlan ? cancelPlan : cancelJob)(connection.client, { runId, actor, reason }, session);
}

async function cancelPlan({ runs }: VerbatimClient, asked: Cancelling, { stdout, json }: Session): Promise<number> {
  const run = toldRun((await runs.cancelRun({ ...asked })).run);
  const told = { run_id: asked.runId, status: run.status, reason: run.reason };
  if (json) await stdout.json(`${JSON.stringify(told)}\n`);
  else await stdout.line(`${runWord(run.status, stdout.paint)}  ${safeText(asked.runId)}  ${safeText(run.reason)}`);
  return run.status === "cancelled" ? EXIT.succeeded : EXIT.precondition;
}

async function cancelJob(
  { executor }: VerbatimClient,
  { runId, actor, reason }: Cancelling,
  { stdout, json }: Session,
): Promise<number> {
  const { result: message } = await executor.cancelJob({ jobId: runId, cancelledBy: actor, reason });
  const { finalStatus, finalReason } = message === undefined ? NO_RESULT : resultOf(message);
  const told = { job_id: runId, final_status: finalStatus, final_reason: finalReason };
  if (json) await stdout.json(`${JSON.stringify(told)}\n`);
  else await stdout.line(`${jobWord(finalStatus, stdout.paint)}  ${safeText(runId)}  ${safeText(finalReason)}`);
  return finalStatus === "CANCELLED" ? EXIT.succeeded : EXIT.precondition;
}

const NO_RESULT = { finalStatus: "FAILED", finalReason: "the server told no result" } as const;
