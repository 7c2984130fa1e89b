import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  judgeEnvelope,
  preAuthenticationEncoding,
  readEnvelope,
  signEnvelope,
} from "../../../src/evidence/seal/dsse.ts";
import { publicKeyOf } from "../../../src/evidence/signing/public-key.ts";
import { memorySigner } from "../support/signer.ts";

/** The test vector of the specification's protocol.md: ECDSA P-256, its signature as r and s side by side. */
const VECTOR = {
  type: "http://example.com/HelloWorld",
  payload: "hello world",
  encoding: "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  signature: "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==",
  x: 46950820868899156662930047687818585632848591499744589407958293238635476079160n,
  y: 5640078356564379163099075877009565129882514886557779369047442380624545832820n,
};

function coordinate(value: bigint): string {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").toString("base64url");
}

describe("an envelope", () => {
  it("signs the encoding that the specification's vector has, with the signature that it has", () => {
    const encoded = preAuthenticationEncoding(VECTOR.type, Buffer.from(VECTOR.payload));
    expect(encoded.toString()).toBe(VECTOR.encoding);
    const jwk = { kty: "EC", crv: "P-256", x: coordinate(VECTOR.x), y: coordinate(VECTOR.y) };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const signature = Buffer.from(VECTOR.signature, "base64");
    expect(verify("sha256", encoded, { key, dsaEncoding: "ieee-p1363" }, signature)).toBe(true);
  });

  it("counts the bytes of type and payload, not their characters", () => {
    expect(preAuthenticationEncoding("ä", Buffer.from("€")).toString()).toBe("DSSEv1 2 ä 3 €");
  });

  it.each(["ed25519", "ecdsa-p256"] as const)(
    "signed with %s is valid with its key and no other",
    async (algorithm) => {
      const [signer, other] = [memorySigner(algorithm), memorySigner(algorithm)];
      const envelope = await signEnvelope("text/plain", Buffer.from("said"), signer);
      expect(judgeEnvelope(envelope, [other.publicKey, signer.publicKey])).toEqual({
        verdict: "valid",
        key: signer.publicKey,
      });
      expect(judgeEnvelope(envelope, [other.publicKey])).toEqual({ verdict: "unknown_key" });
      expect(judgeEnvelope(envelope, [])).toEqual({ verdict: "unknown_key" });
    },
  );

  it("of which payload, type or signature was changed has a bad signature", async () => {
    const signer = memorySigner("ed25519");
    const envelope = await signEnvelope("text/plain", Buffer.from("said"), signer);
    const [signature = { keyid: "", sig: "" }] = envelope.signatures;
    const otherSignature = Buffer.from(signature.sig, "base64").fill(1, 0, 1).toString("base64");
    const changed = [
      { ...envelope, payload: Buffer.from("sent").toString("base64") },
      { ...envelope, payloadType: "text/html" },
      { ...envelope, signatures: [{ ...signature, sig: otherSignature }] },
    ];
    for (const one of changed) expect(judgeEnvelope(one, [signer.publicKey])).toEqual({ verdict: "bad_signature" });
  });

  it("whose key id is a lie is judged by all keys at hand", async () => {
    const [signer, other] = [memorySigner("ed25519"), memorySigner("ed25519")];
    const envelope = await signEnvelope("text/plain", Buffer.from("said"), signer);
    const [signature = { keyid: "", sig: "" }] = envelope.signatures;
    const lying = { ...envelope, signatures: [{ ...signature, keyid: other.keyId }] };
    expect(judgeEnvelope(lying, [other.publicKey, signer.publicKey]).verdict).toBe("valid");
    expect(judgeEnvelope(lying, [other.publicKey]).verdict).toBe("bad_signature");
  });

  it.each([
    "",
    "{",
    "[]",
    '{"payload":"!","payloadType":"a","signatures":[]}',
    '{"payload":"aa==","payloadType":"a","signatures":[]}',
  ])("is not what this text is: %s", (text) => {
    expect(() => readEnvelope(text)).toThrow("This is no DSSE envelope");
  });
});

describe("a key", () => {
  it("of a kind that signs no evidence is refused by its name", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
    expect(() => publicKeyOf(publicKey)).toThrow("secp384r1");
    expect(() => publicKeyOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey)).toThrow("rsa");
  });
});
