import { Fault } from "#model";
import { EXIT, exitOfSignal } from "../exit-codes.ts";
import type { Connection } from "../host.ts";
import { followToEnd } from "../plan-run/follow-to-end.ts";
import type { FollowFlags } from "../plan-run/follow-to-end.ts";
import { planSource, refusedPlan } from "../plan-run/plan-source.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";
import { actorOf } from "../plan-run/words-of-people.ts";

/** Flags of `run`. */
export interface RunFlags extends FollowFlags {
  readonly runId?: string;
  /** `NAME=VALUE` each. */
  readonly env?: readonly string[];
  readonly reason?: string;
  readonly detach?: true;
}

/** `verbatim run PLAN`: starts a run of a plan, follows it, and tells what became of it. */
export async function run(path: string, flags: RunFlags, session: Session): Promise<number> {
  const { host } = session;
  const plan = await planSource(path, flags.env ?? [], host);
  if (host.interrupted.aborted) return exitOfSignal(host.interrupted.reason);
  await using connection = await host.connect(flags, { isFound: true });
  if (flags.detach === true) requireServer(connection);
  const { runId = "", reason = "" } = flags;
  const asked = { plan, runId, actor: actorOf(flags, host), reason };
  const accepted = await connection.client.runs.createRun(asked).catch((error: unknown) => {
    throw refusedPlan(error, plan);
  });
  if (flags.detach === true) return await tellAccepted(accepted, session);
  const { attached } = accepted;
  return await followToEnd({ runId: accepted.runId, connection, attached, shownUpTo: -1 }, flags, session);
}

function requireServer({ drain }: Connection): void {
  if (drain === undefined) return;
  throw new Fault(
    "INVALID_REQUEST",
    "There is no server that would go on with the run when this command has left. Start one with `verbatim serve`, or leave --detach out.",
  );
}

async function tellAccepted(
  { runId, planHash, attached }: { readonly runId: string; readonly planHash: string; readonly attached: boolean },
  { stdout, json }: Session,
): Promise<number> {
  const told = { run_id: runId, plan_hash: planHash, attached };
  await (json ? stdout.json(`${JSON.stringify(told)}\n`) : stdout.line(safeText(runId)));
  return EXIT.succeeded;
}
