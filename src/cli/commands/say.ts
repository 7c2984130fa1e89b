import { toldRun } from "#api";
import type { ToldRun, VerbatimClient } from "#api";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { openGates } from "../plan-run/follow-run.ts";
import { actorOf } from "../plan-run/words-of-people.ts";
import type { ActorFlags } from "../plan-run/words-of-people.ts";
import type { Session } from "../session.ts";
import { runWord } from "../text/run-words.ts";
import { safeText } from "../text/safe-text.ts";

/** What can be said about a job of a run. */
export type SaidWord = "approve" | "reject" | "override" | "mark-succeeded";

/** Flags of the commands that say something about a job. */
export interface SayFlags extends CommonFlags, ActorFlags {
  /** Default: what was said, for an approval. */
  readonly reason?: string;
}

/** Which jobs a word is about. */
export interface SaidAbout {
  readonly runId: string;
  readonly jobKeys: readonly string[];
}

const DONE: Readonly<Record<SaidWord, string>> = {
  approve: "approved",
  reject: "rejected",
  override: "overridden",
  "mark-succeeded": "counts as succeeded",
};

/** `verbatim approve|reject|override|mark-succeeded RUN JOB...`: records somebody's word, and says how to go on. */
export async function say(
  word: SaidWord,
  about: SaidAbout,
  given: SayFlags & { readonly session: Session },
): Promise<number> {
  const { session, reason = `${DONE[word]} on the command line` } = given;
  const { host, stdout, json } = session;
  await using connection = await host.connect(given);
  const { runId, jobKeys } = about;
  const actor = actorOf(given, host);
  let run: ToldRun | undefined;
  for (const jobKey of jobKeys) {
    run = await sayOne(connection.client, word, { runId, jobKey, actor, reason });
    if (!json) await stdout.line(`${safeText(jobKey)}: ${DONE[word]} by ${safeText(actor)}`);
  }
  if (run === undefined) return EXIT.succeeded;
  if (json) await stdout.json(`${JSON.stringify(saidJson(run, { word, jobKeys, actor }))}\n`);
  else
    await stdout.line(
      `${runWord(run.status, stdout.paint)}  ${safeText(runId)}  ${safeText(goOn(run, word))}`.trimEnd(),
    );
  return EXIT.succeeded;
}

interface JobWord {
  readonly runId: string;
  readonly jobKey: string;
  readonly actor: string;
  readonly reason: string;
}

async function sayOne({ runs }: VerbatimClient, said: SaidWord, word: JobWord): Promise<ToldRun> {
  const calls = {
    approve: runs.approveGate,
    reject: runs.rejectGate,
    override: runs.overrideGate,
    "mark-succeeded": runs.markJobSucceeded,
  };
  return toldRun((await calls[said]({ word })).run);
}

/** A run that nobody drives has to be gone on with. */
function goOn(run: ToldRun, word: SaidWord): string {
  const gates = openGates(run);
  if (run.status === "blocked" && gates.length > 0) return `still waiting: ${gates.slice(0, 10).join(", ")}`;
  const isHeld = run.status === "blocked" || (word === "override" && run.status === "failed");
  return isHeld ? `go on with: verbatim resume ${run.runId}` : "";
}

function saidJson(
  run: ToldRun,
  { word, jobKeys, actor }: { readonly word: SaidWord; readonly jobKeys: readonly string[]; readonly actor: string },
): object {
  return {
    run_id: run.runId,
    jobs: jobKeys,
    said: word,
    actor,
    status: run.status,
    reason: run.reason,
    gates_open: openGates(run),
  };
}
