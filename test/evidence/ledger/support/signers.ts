import { createPrivateKey, createPublicKey, hash, sign } from "node:crypto";
import type { Signer } from "../../../../src/evidence/signing/signer.ts";

/** A signer with an Ed25519 key that is the same for the same seed. */
export function seededSigner(seed = 1): Signer {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  return signerOf(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }), "ed25519");
}

/** A signer of any key. */
export function signerOf(key: ReturnType<typeof createPrivateKey>, algorithm: Signer["algorithm"]): Signer {
  const publicKey = createPublicKey(key);
  return {
    keyId: hash("sha256", publicKey.export({ type: "spki", format: "der" }), "base64url"),
    algorithm,
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }),
    sign: (bytes) => Promise.resolve(sign(algorithm === "ed25519" ? null : "sha256", bytes, key)),
  };
}
