import { generateKeyPairSync, sign } from "node:crypto";
import type { SignatureAlgorithm, Signer } from "#evidence";
import { digestOf, publicKeyOf } from "../../../src/evidence/signing/public-key.ts";
import type { PublicKey } from "../../../src/evidence/signing/public-key.ts";

/** A signer with a fresh key that is nowhere else, and the key that its signatures are checked with. */
export function memorySigner(algorithm: SignatureAlgorithm): Signer & { readonly publicKey: PublicKey } {
  const { privateKey, publicKey } =
    algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = publicKeyOf(publicKey);
  return {
    keyId: key.keyId,
    algorithm,
    publicKeyPem: key.pem,
    publicKey: key,
    sign: (bytes) => Promise.resolve(sign(digestOf(algorithm), bytes, privateKey)),
  };
}
