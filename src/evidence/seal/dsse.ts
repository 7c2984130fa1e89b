import { z } from "zod";
import { Fault } from "#model";
import type { PublicKey } from "../signing/public-key.ts";
import type { Signer } from "../signing/signer.ts";

const base64 = z.base64().max(256 * 1024 * 1024);

const envelopeSchema = z.object({
  payload: base64,
  payloadType: z.string().min(1).max(256),
  signatures: z
    .array(z.object({ keyid: z.string().max(256).default(""), sig: base64 }))
    .min(1)
    .max(16),
});

/** A signed payload: the Dead Simple Signing Envelope, <https://github.com/secure-systems-lab/dsse>. */
export type DsseEnvelope = z.output<typeof envelopeSchema>;

/** What is signed of an envelope: type and body, with their lengths, so that neither can be taken for the other. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

/** Puts a payload into an envelope, signed. @throws {Fault} SIGNER_UNAVAILABLE */
export async function signEnvelope(payloadType: string, payload: Uint8Array, signer: Signer): Promise<DsseEnvelope> {
  const signature = await signer.sign(preAuthenticationEncoding(payloadType, payload));
  return {
    payload: Buffer.from(payload).toString("base64"),
    payloadType,
    signatures: [{ keyid: signer.keyId, sig: Buffer.from(signature).toString("base64") }],
  };
}

/** Reads an envelope's JSON. Nothing of it is proven by that. @throws {Fault} INVALID_REQUEST if it is none. */
export function readEnvelope(text: string): DsseEnvelope {
  try {
    return envelopeSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Fault(
      "INVALID_REQUEST",
      "This is no DSSE envelope: expected JSON with payload, payloadType, signatures.",
      {
        cause,
      },
    );
  }
}

/** What can be said of an envelope's signatures with the keys at hand. A key's id is a hint: all keys are tried. */
export function judgeEnvelope(
  envelope: DsseEnvelope,
  keys: readonly PublicKey[],
): { readonly verdict: "valid"; readonly key: PublicKey } | { readonly verdict: "bad_signature" | "unknown_key" } {
  const signed = preAuthenticationEncoding(envelope.payloadType, Buffer.from(envelope.payload, "base64"));
  for (const { sig } of envelope.signatures) {
    const key = keys.find((candidate) => candidate.verifies(signed, Buffer.from(sig, "base64")));
    if (key !== undefined) return { verdict: "valid", key };
  }
  const claimed = envelope.signatures.some(({ keyid }) => keys.some(({ keyId }) => keyId === keyid));
  return { verdict: claimed ? "bad_signature" : "unknown_key" };
}
