import type { DsseEnvelope } from "./dsse.ts";

const MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/**
 * The same seal as a Sigstore bundle, for tools that check those: the envelope, and the id of the key as a hint. It names no
 * certificate and no transparency log of anybody's.
 */
export function sigstoreBundle(envelope: DsseEnvelope): object {
  const hint = envelope.signatures[0]?.keyid ?? "";
  return {
    mediaType: MEDIA_TYPE,
    verificationMaterial: {
      publicKey: { hint },
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: [] },
    },
    dsseEnvelope: envelope,
  };
}
