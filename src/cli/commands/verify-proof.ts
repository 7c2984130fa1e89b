import { judgeEnvelope, readEnvelope, readStatement, verifyLineProof } from "#evidence";
import type { LineProof, PublicKey } from "#evidence";
import type { JsonObject } from "#model";
import { EXIT } from "../exit-codes.ts";
import { fileText } from "../file-text.ts";
import { givenKeys } from "../given-keys.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";
import type { VerifyFlags } from "./verify-expectations.ts";

/** What a proof of one line is worth. */
interface ProofVerdict {
  readonly status: "proven" | "unproven" | "broken";
  readonly why: string;
  readonly proof?: LineProof;
  readonly keyId?: string;
}

const EXITS = { proven: EXIT.succeeded, unproven: EXIT.usage, broken: EXIT.chainBroken } as const;
const MARKS = { proven: "✓ PROVEN", unproven: "? UNPROVEN", broken: "✗ BROKEN" } as const;

/** `verbatim verify --proof FILE`: whether one line stands in a sealed log, of which nothing else is known. */
export async function verifyProof(path: string, flags: VerifyFlags, { stdout, json }: Session): Promise<number> {
  const { keys } = await givenKeys(flags);
  const verdict = judge(await fileText(path, "proof"), keys);
  if (json) await stdout.json(`${JSON.stringify(verdictJson(verdict))}\n`);
  else await stdout.write(verdictText(path, verdict));
  return EXITS[verdict.status];
}

function judge(text: string, keys: readonly PublicKey[]): ProofVerdict {
  const read = verifyLineProof(parsed(text));
  if (!read.ok) return { status: "broken", why: read.why };
  const { proof } = read;
  const { seal } = proof;
  if (seal === undefined)
    return { status: "unproven", why: "no seal signs for the root: the run had not ended, or was not sealed", proof };
  try {
    return { ...judgeSeal(proof, { sealText: JSON.stringify(seal), keys }), proof };
  } catch (error) {
    return { status: "broken", why: error instanceof Error ? error.message : String(error), proof };
  }
}

function judgeSeal(
  proof: LineProof,
  { sealText, keys }: { readonly sealText: string; readonly keys: readonly PublicKey[] },
): ProofVerdict {
  const envelope = readEnvelope(sealText);
  const judged = judgeEnvelope(envelope, keys);
  const keyId = envelope.signatures[0]?.keyid ?? "";
  if (judged.verdict === "unknown_key" && keys.length === 0)
    return {
      status: "unproven",
      why: `the seal was signed by ${keyId}, and no key was given to check it (--key)`,
      keyId,
    };
  if (judged.verdict !== "valid")
    return { status: "broken", why: `the seal was not signed by a key that was given: ${judged.verdict}`, keyId };
  const { predicate } = readStatement(Buffer.from(envelope.payload, "base64"));
  const sealed = [predicate.run_id, predicate.size, predicate.merkle_root];
  if (sealed.join() !== [proof.run_id, proof.size, proof.merkle_root].join())
    return { status: "broken", why: "the seal is that of another log", keyId };
  return {
    status: "proven",
    why: `the line stands in the log that was sealed with the key ${judged.key.keyId}`,
    keyId: judged.key.keyId,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function verdictText(path: string, { status, why, proof }: ProofVerdict): string {
  const head = `Proof: ${safeText(path)}\n${MARKS[status]}: ${safeText(why)}\n`;
  if (proof === undefined) return head;
  const { run_id: runId, seq, size, line } = proof;
  return `${head}Run: ${safeText(runId)}\nLine: seq ${seq} of ${size} lines\n${safeText(line)}\n`;
}

function verdictJson({ status, why, proof, keyId }: ProofVerdict): JsonObject {
  return {
    status,
    why,
    run_id: proof?.run_id ?? null,
    seq: proof?.seq ?? null,
    size: proof?.size ?? null,
    line: proof?.line ?? null,
    key_id: keyId ?? null,
  };
}
