import type { ExecutionContext, StepHandler, StepOutput } from "#effects";
import { canonicalJson } from "#evidence";
import type { BlobReference, EvidenceStore } from "#evidence";
import { frozenJson } from "#executor";
import type { Json, JobStep } from "#model";
import { LIMITS } from "#model";

/** Any text shorter than this is shorter than the limit in UTF-8 too. */
const SURELY_SMALL_CHARACTERS = Math.floor(LIMITS.inlinePayloadBytes / 3);

/**
 * The same handler, whose outputs over 8 KiB are kept beside the log before anybody hears of them: what is returned then
 * is a reference. So a long job's memory and lines stay bounded whatever its steps say.
 */
export function spillOutput(handler: StepHandler, store: EvidenceStore): StepHandler {
  return {
    async execute(step: JobStep, context: ExecutionContext, options: { readonly signal: AbortSignal }) {
      const said = await handler.execute(step, context, options);
      const output = outputToSpill(said);
      return output === undefined ? said : { ...said, output: await spilled(output, store) };
    },
  };
}

/** A checked copy of an output that may be too large; undefined for a small one and for what the executor will refuse. */
function outputToSpill(said: StepOutput): Json | undefined {
  try {
    const output = frozenJson(said.output); // measured as it will be recorded: a toJSON of its own has no say
    return JSON.stringify(output).length <= SURELY_SMALL_CHARACTERS && !isReserved(output) ? undefined : output;
  } catch {
    return undefined;
  }
}

/** The payload itself if it is small, else a reference to it, durably kept. */
async function spilled(payload: Json, store: EvidenceStore): Promise<Json> {
  if (isReserved(payload)) throw new TypeError('the member "$blob" is kept for references to payloads beside the log');
  return (await spilledText(canonicalJson(payload), store)) ?? payload;
}

/** A reference to a payload, durably kept, if its canonical JSON is too large for a record; undefined for a small one. */
export async function spilledText(text: string, store: EvidenceStore): Promise<BlobReference | undefined> {
  const bytes = Buffer.from(text);
  if (bytes.length <= LIMITS.inlinePayloadBytes) return undefined;
  return blobReference(await store.putBlob(bytes), bytes.length);
}

function isReserved(payload: Json): boolean {
  return typeof payload === "object" && payload !== null && "$blob" in payload;
}

function blobReference(digest: string, size: number): BlobReference {
  return { $blob: digest, size };
}
