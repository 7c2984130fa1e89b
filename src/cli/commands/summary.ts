import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { planRunIfAny } from "../plan-run/known-run.ts";
import { tellRun } from "../plan-run/tell-run.ts";
import type { Session } from "../session.ts";
import { showJob } from "./show.ts";

/** `verbatim summary RUN`: what became of each job of a run; of a direct job, what `show` shows. */
export async function summary(runId: string, flags: CommonFlags, session: Session): Promise<number> {
  await using connection = await session.host.connect(flags);
  const told = await planRunIfAny(connection.client, runId);
  if (told === undefined) await showJob(connection.client, runId, session);
  else await tellRun(told, session);
  return EXIT.succeeded;
}
