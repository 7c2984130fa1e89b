import type { VerbatimClient } from "#api";
import { isBlobReference } from "#evidence";
import type { BlobReference } from "#evidence";
import { disclosedFields } from "../disclosed-fields.ts";
import type { Json, JsonObject } from "#model";
import { Fault } from "#model";
import { blobChunks } from "../blob.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Output } from "../output.ts";
import { planRunIfAny } from "../plan-run/known-run.ts";
import { recordedAttempt } from "../plan-run/recorded-attempt.ts";
import type { RecordedAttempt } from "../plan-run/recorded-attempt.ts";
import { tellRun } from "../plan-run/tell-run.ts";
import { recordedRun, recordsOf } from "../recorded-run.ts";
import type { RecordedRun } from "../recorded-run.ts";
import type { Session } from "../session.ts";
import { attemptJson, attemptText } from "../views/attempt.ts";
import { openRunJson, resultJson } from "../views/result-json.ts";
import { endedRun, openRun } from "../views/run-view.ts";
import { summaryText } from "../views/summary.ts";

/** Flags of `show`. */
export interface ShowFlags extends CommonFlags {
  /** Show the output of this step instead. */
  readonly output?: number;
  /** Show the steps of this job of a plan's run, with what they have put out. */
  readonly job?: string;
  /** Of which attempt, 0-based; default: the last. */
  readonly attempt?: number;
  /** Show the values of sensitive fields instead, as far as they are still kept. */
  readonly disclose?: true;
}

/** `verbatim show RUN`: what a run has come to so far, or what one of its steps has put out. */
export async function show(runId: string, flags: ShowFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { client } = connection;
  if (flags.output !== undefined) {
    await showOutput(client, await outputPlace(client, runId, { ...flags, output: flags.output }), stdout);
    return EXIT.succeeded;
  }
  if (flags.job !== undefined) {
    const shown = await recordedAttempt(client, { runId, jobKey: flags.job, attempt: flags.attempt });
    await (json ? stdout.json(`${JSON.stringify(attemptJson(shown))}\n`) : stdout.write(attemptText(shown, stdout)));
    return EXIT.succeeded;
  }
  if (flags.disclose === true) {
    const fields = await disclosedFields(client, { runId, kept: (await host.disclosures(flags)).read(runId) });
    await stdout.json(`${JSON.stringify({ run_id: runId, disclosures: fields })}\n`);
    return fields.every((field) => "value" in field) ? EXIT.succeeded : EXIT.chainBroken;
  }
  const told = await planRunIfAny(client, runId);
  if (told === undefined) await showJob(client, runId, { stdout, json });
  else await tellRun(told, { stdout, json });
  return EXIT.succeeded;
}

/** Shows what the run of a direct job has come to. @throws {Fault} RUN_NOT_FOUND */
export async function showJob(
  client: VerbatimClient,
  runId: string,
  { stdout, json }: Pick<Session, "stdout" | "json">,
): Promise<void> {
  const run = await recordedRun(client, runId);
  if (json) await stdout.json(`${JSON.stringify(runJson(run))}\n`);
  else await stdout.write(summaryText(run.ended ? endedRun(run.result, run.log) : openRun(run), stdout));
}

function runJson(run: RecordedRun): JsonObject {
  return run.ended ? resultJson(run.result, run.log) : openRunJson(run);
}

interface OutputPlace {
  readonly runId: string;
  readonly step: number;
  /** Of a plan's run: whose step it is. */
  readonly attempt?: Pick<RecordedAttempt, "jobKey" | "attempt">;
}

async function outputPlace(
  client: VerbatimClient,
  runId: string,
  { output: step, job: jobKey, attempt }: ShowFlags & { readonly output: number },
): Promise<OutputPlace> {
  if (jobKey !== undefined) return { runId, step, attempt: await recordedAttempt(client, { runId, jobKey, attempt }) };
  if ((await planRunIfAny(client, runId)) === undefined) return { runId, step };
  throw new Fault("INVALID_REQUEST", `Run ${runId} is that of a plan: say whose step it is, with --job KEY.`);
}

async function showOutput(client: VerbatimClient, place: OutputPlace, stdout: Output): Promise<void> {
  const output = await outputOf(client, place);
  if (!isBlobReference(output)) return await stdout.json(`${JSON.stringify(output)}\n`);
  await streamBlob(client, { runId: place.runId, reference: output }, stdout);
}

async function streamBlob(
  client: VerbatimClient,
  source: { readonly runId: string; readonly reference: BlobReference },
  stdout: Output,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of blobChunks(client, source)) {
    if (stdout.gone.aborted) return;
    await (stdout.isTerminal ? stdout.json(decoder.decode(chunk, { stream: true })) : stdout.write(chunk));
  }
  await stdout.write("\n");
}

async function outputOf(client: VerbatimClient, { runId, step, attempt }: OutputPlace): Promise<Json> {
  for await (const record of recordsOf(client, runId)) {
    const isResult = record.event_type === "step.succeeded" || record.event_type === "step.failed";
    if (!isResult || record.step_index !== step) continue;
    if (attempt !== undefined && (record.job_key !== attempt.jobKey || record.attempt !== attempt.attempt)) continue;
    if (record.output !== undefined) return record.output;
    throw new Fault(
      "BLOB_NOT_FOUND",
      `Step ${step} of run ${runId} has ended without an output: ${record.reason ?? ""}`,
    );
  }
  throw new Fault("BLOB_NOT_FOUND", `Step ${step} of run ${runId} has no recorded end, or there is no such step.`);
}
