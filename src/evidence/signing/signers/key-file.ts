import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Fault } from "#model";
import { makeDirectory, syncDirectory, writeWhole } from "../../durable-file.ts";
import { digestOf, publicKeyOf } from "../public-key.ts";
import type { SignatureAlgorithm, Signer } from "../signer.ts";

const OTHERS_MAY = 0o077;

/**
 * Signs in this process with the key of a file (PKCS8, PEM, mode 0600), which is made if it is not there. Whatever runs as
 * the same user can read that file.
 * @throws {Fault} INVALID_CONFIGURATION if others may read it, or it holds no key that signs evidence.
 */
export function createKeyFileSigner(path: string, algorithm: SignatureAlgorithm): Signer {
  if (!existsSync(path)) makeKeyFile(path, algorithm);
  const key = readKeyFile(path);
  const { keyId, algorithm: kind, pem } = publicKeyOf(createPublicKey(key));
  return {
    keyId,
    algorithm: kind,
    publicKeyPem: pem,
    sign: (bytes) => Promise.resolve(sign(digestOf(kind), bytes, key)),
  };
}

/** Whole or not at all, and never over a key that is there: it may have signed. */
function makeKeyFile(path: string, algorithm: SignatureAlgorithm): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  makeDirectory(dirname(path));
  writeWhole(draft, Buffer.from(newKey(algorithm).export({ type: "pkcs8", format: "pem" })));
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(dirname(path));
}

function newKey(algorithm: SignatureAlgorithm): KeyObject {
  if (algorithm === "ed25519") return generateKeyPairSync("ed25519").privateKey;
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function readKeyFile(path: string): KeyObject {
  const { mode } = statSync(path);
  if ((mode & OTHERS_MAY) !== 0) {
    const seen = (mode & 0o777).toString(8).padStart(4, "0");
    throw new Fault(
      "INVALID_CONFIGURATION",
      `The key file ${path} has mode ${seen}, so others may have the key: expected 0600. If nobody read it, chmod 600 it; else move it away, and a new one is made.`,
    );
  }
  try {
    return createPrivateKey(readFileSync(path));
  } catch (cause) {
    const text = `The key file ${path} holds no private key in PEM. Put the right one there; or move it away, and a new one is made.`;
    throw new Fault("INVALID_CONFIGURATION", text, { cause });
  }
}
