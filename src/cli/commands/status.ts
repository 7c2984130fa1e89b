import { exitOfRun } from "../exit-of-run.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { planRunIfAny } from "../plan-run/known-run.ts";
import { recordedRun } from "../recorded-run.ts";
import type { Session } from "../session.ts";
import { countedJobs, jobCountsText, runWord } from "../text/run-words.ts";
import { safeText } from "../text/safe-text.ts";
import { jobWord } from "../text/words.ts";

/** `verbatim status RUN`: one line; the exit code is that of the state, 6 for a run that goes on. */
export async function status(runId: string, flags: CommonFlags, session: Session): Promise<number> {
  await using connection = await session.host.connect(flags);
  const told = await planRunIfAny(connection.client, runId);
  if (told === undefined) return await jobStatus(runId, session, await recordedRun(connection.client, runId));
  const { stdout, json } = session;
  const { run } = told;
  const counts = jobCountsText(countedJobs(run.jobs));
  const facts = { run_id: runId, plan: run.name, status: run.status, reason: run.reason };
  if (json) await stdout.json(`${JSON.stringify(facts)}\n`);
  else {
    const words = [safeText(runId), safeText(run.name), counts, safeText(run.reason)].filter((word) => word !== "");
    await stdout.line(`${runWord(run.status, stdout.paint)}  ${words.join("  ")}`);
  }
  return exitOfRun(run);
}

/** The same of a direct job. */
async function jobStatus(
  runId: string,
  { stdout, json }: Session,
  run: Awaited<ReturnType<typeof recordedRun>>,
): Promise<number> {
  const word = run.ended ? run.result.finalStatus : run.replay.status;
  const reason = run.ended ? run.result.finalReason : "";
  if (json) await stdout.json(`${JSON.stringify({ run_id: runId, status: word, reason })}\n`);
  else await stdout.line(`${jobWord(word, stdout.paint)}  ${safeText(runId)}  ${safeText(reason)}`.trimEnd());
  if (!run.ended) return EXIT.precondition;
  return word === "COMPLETED" ? EXIT.succeeded : EXIT.runFailed;
}
