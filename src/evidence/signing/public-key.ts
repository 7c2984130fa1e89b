import { createPublicKey, hash, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { Fault } from "#model";
import type { SignatureAlgorithm } from "./signer.ts";

/** A key that signatures are checked with. */
export interface PublicKey {
  /** Base64url SHA-256 of the key (SPKI, DER): 43 characters. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  /** PEM, SPKI. */
  readonly pem: string;
  /** Whether the key has signed these bytes so. */
  verifies(bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** Reads a public key in PEM. @throws {Fault} INVALID_REQUEST if it is none, or of a kind that signs no evidence. */
export function readPublicKey(pem: string): PublicKey {
  if (/PRIVATE KEY/.test(pem)) {
    throw new Fault("INVALID_REQUEST", "This is a private key: give the public one, which `verbatim keys` prints.");
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw new Fault("INVALID_REQUEST", "This is no public key: expected PEM, as `verbatim keys` prints it.", { cause });
  }
  return publicKeyOf(key);
}

/** The public key of an object of the system's. @throws {Fault} INVALID_REQUEST if it is of a kind that signs no evidence. */
export function publicKeyOf(key: KeyObject): PublicKey {
  const algorithm = algorithmOf(key);
  return {
    keyId: hash("sha256", key.export({ type: "spki", format: "der" }), "base64url"),
    algorithm,
    pem: key.export({ type: "spki", format: "pem" }),
    verifies: (bytes, signature) => verify(digestOf(algorithm), bytes, key, signature),
  };
}

/** The digest that an algorithm is used with; Ed25519 has its own. */
export function digestOf(algorithm: SignatureAlgorithm): "sha256" | null {
  return algorithm === "ed25519" ? null : "sha256";
}

function algorithmOf(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === "ed25519") return "ed25519";
  if (key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1") return "ecdsa-p256";
  const seen = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? "unknown";
  throw new Fault("INVALID_REQUEST", `A key of kind ${seen} signs no evidence: expected Ed25519 or ECDSA P-256.`);
}
