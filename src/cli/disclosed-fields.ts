import type { VerbatimClient } from "#api";
import { isBlobReference, verifyDisclosure } from "#evidence";
import type { EvidenceRecord, KeptDisclosure } from "#evidence";
import type { Json, JsonObject } from "#model";
import { LIMITS } from "#model";
import { wholeBlob } from "./blob.ts";
import { recordsOf } from "./recorded-run.ts";

/** Room for the output that is kept of a step as JSON, whatever of it has to be escaped. */
const OUTPUT_BYTES = 8 * LIMITS.outputBytesPerStep;

/** What is disclosed of a run: each field with its value, or with why its disclosure proves nothing. */
export async function disclosedFields(
  client: VerbatimClient,
  { runId, kept }: { readonly runId: string; readonly kept: readonly KeptDisclosure[] },
): Promise<readonly JsonObject[]> {
  const ends = await stepEnds(client, runId);
  const fields: JsonObject[] = [];
  for (const { step_index, pointer, disclosure } of kept) {
    const end = ends.get(step_index);
    if (end === undefined) continue; // the process died before the record: there is nothing to disclose
    const output = await wholeOutput(client, runId, end.output);
    const verdict = verifyDisclosure({ ...end, output }, disclosure);
    const said = verdict.valid ? { value: verdict.value } : { problem: verdict.problem };
    fields.push({ step_index, pointer: verdict.valid ? verdict.pointer : pointer, ...said });
  }
  return fields;
}

async function stepEnds(client: VerbatimClient, runId: string): Promise<ReadonlyMap<number, EvidenceRecord>> {
  const ends = new Map<number, EvidenceRecord>();
  for await (const record of recordsOf(client, runId)) {
    const isEnd = record.event_type === "step.succeeded" || record.event_type === "step.failed";
    if (isEnd && record.step_index !== undefined && record.output !== undefined) ends.set(record.step_index, record);
  }
  return ends;
}

async function wholeOutput(client: VerbatimClient, runId: string, output: Json | undefined): Promise<Json | undefined> {
  if (!isBlobReference(output)) return output;
  const bytes = await wholeBlob(client, { runId, reference: output }, OUTPUT_BYTES);
  return JSON.parse(bytes.toString("utf8")) as Json; // a payload is JSON
}
