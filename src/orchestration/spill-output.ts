import type { ExecutionContext, StepHandler, StepOutput } from "#effects";
import { canonicalJson } from "#evidence";
import type { BlobReference, EvidenceStore } from "#evidence";
import type { Json, JobStep } from "#model";
import { LIMITS } from "#model";

/** Any output shorter than this as JSON text is shorter than the limit in UTF-8 too. */
const SURELY_SMALL_CHARACTERS = Math.floor(LIMITS.inlinePayloadBytes / 3);

/**
 * The same handler, whose outputs over 8 KiB are kept beside the log before anybody hears of them: what is returned then
 * is a reference. So a long job's memory and lines stay bounded whatever its steps say.
 */
export function spillOutput(handler: StepHandler, store: EvidenceStore): StepHandler {
  return {
    async execute(step: JobStep, context: ExecutionContext, options: { readonly signal: AbortSignal }) {
      const said = await handler.execute(step, context, options);
      return isStepOutput(said) ? { ...said, output: await spilled(said.output, store) } : said;
    },
  };
}

/** What is no step output goes on as it is: the executor says what is wrong with it. */
function isStepOutput(said: unknown): said is StepOutput {
  return typeof said === "object" && said !== null && "output" in said;
}

/** The payload itself if it is small, else a reference to it, durably kept. */
export async function spilled(payload: Json, store: EvidenceStore): Promise<Json> {
  if (typeof payload === "object" && payload !== null && "$blob" in payload) {
    throw new TypeError('the member "$blob" is kept for references to payloads beside the log');
  }
  const text = textOf(payload);
  if (text === undefined || text.length <= SURELY_SMALL_CHARACTERS) return payload;
  const bytes = Buffer.from(text);
  if (bytes.length <= LIMITS.inlinePayloadBytes) return payload;
  const reference: BlobReference = { $blob: await store.putBlob(bytes), size: bytes.length };
  return reference;
}

/** Undefined for what is not JSON: the executor refuses it with its reason. */
function textOf(payload: Json): string | undefined {
  try {
    return canonicalJson(payload);
  } catch {
    return undefined;
  }
}
