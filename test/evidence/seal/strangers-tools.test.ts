// A seal is for people who trust none of our code: their own tools must accept it, and refuse what was changed.
import { execFileSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFromJSON } from "@sigstore/bundle";
import { toSignedEntity, Verifier } from "@sigstore/verify";
import { describe, expect, test } from "vitest";
import type { DsseEnvelope, SignatureAlgorithm, Signer } from "#evidence";
import { sigstoreBundle } from "#evidence";
import { preAuthenticationEncoding, signEnvelope } from "../../../src/evidence/seal/dsse.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { memorySigner } from "../support/signer.ts";

const ALGORITHMS = ["ed25519", "ecdsa-p256"] as const;

async function sealed(algorithm: SignatureAlgorithm): Promise<{ signer: Signer; envelope: DsseEnvelope }> {
  const signer = memorySigner(algorithm);
  const payload = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');
  return { signer, envelope: await signEnvelope("application/vnd.in-toto+json", payload, signer) };
}

function changed(envelope: DsseEnvelope): DsseEnvelope {
  return { ...envelope, payload: Buffer.from('{"_type":"https://in-toto.io/Statement/v2"}').toString("base64") };
}

/** What Sigstore's own verifier does with the bundle, given the key and neither certificates nor logs. */
function sigstoreAccepts(envelope: DsseEnvelope, signer: Signer): boolean {
  const key = { publicKey: createPublicKey(signer.publicKeyPem), validFor: () => true };
  const material = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: () => key,
  };
  const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(sigstoreBundle(envelope))));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "SIGNATURE_ERROR" });
    return false;
  }
}

/** What the OpenSSL command line does with it, given the key in PEM. */
async function opensslAccepts(envelope: DsseEnvelope, signer: Signer): Promise<boolean> {
  await using directory = await scratchDirectory();
  const [key, text, signature] = ["key.pem", "signed", "signature"].map((name) => join(directory.path, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(key, signer.publicKeyPem);
  writeFileSync(text, preAuthenticationEncoding(envelope.payloadType, Buffer.from(envelope.payload, "base64")));
  writeFileSync(signature, Buffer.from(envelope.signatures[0]?.sig ?? "", "base64"));
  const args =
    signer.algorithm === "ed25519"
      ? ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", text, "-sigfile", signature]
      : ["dgst", "-sha256", "-verify", key, "-signature", signature, text];
  try {
    execFileSync("openssl", args, { stdio: "pipe" });
    return true;
  } catch (error) {
    expect(String((error as { stdout: unknown }).stdout)).toContain("erif"); // it ran, and says what it thinks
    return false;
  }
}

describe.each(ALGORITHMS)("a seal signed with %s", (algorithm) => {
  test("is accepted by Sigstore's verifier as a bundle, and refused by it when it was changed", async () => {
    const { signer, envelope } = await sealed(algorithm);
    expect(sigstoreAccepts(envelope, signer)).toBe(true);
    expect(sigstoreAccepts(changed(envelope), signer)).toBe(false);
    expect(sigstoreAccepts(envelope, memorySigner(algorithm))).toBe(false);
  });

  test("is accepted by the OpenSSL command line, and refused by it when it was changed", async () => {
    const { signer, envelope } = await sealed(algorithm);
    expect(await opensslAccepts(envelope, signer)).toBe(true);
    expect(await opensslAccepts(changed(envelope), signer)).toBe(false);
    expect(await opensslAccepts(envelope, memorySigner(algorithm))).toBe(false);
  });
});
