import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { isKeyName, judgeNote, noteKeyId, readNote, signNote } from "../../../src/evidence/ledger/signed-note.ts";
import { publicKeyOf, readPublicKey } from "../../../src/evidence/signing/public-key.ts";
import { seededSigner, signerOf } from "./support/signers.ts";

/** The example of the note package of Go's checksum database, on which the format is based. */
const NAME = "PeterNeumann";
const NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;
const KEY = Buffer.from("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "base64").subarray(1);

function ed25519(raw: Uint8Array): ReturnType<typeof publicKeyOf> {
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
  return publicKeyOf(createPublicKey({ key: der, format: "der", type: "spki" }));
}

test("the published note is valid under the published key and its id", () => {
  const note = readNote(NOTE);
  expect(noteKeyId(NAME, ed25519(KEY))).toBe("c74f20a3");
  expect(note?.text.endsWith("problem is.\n")).toBe(true);
  expect(judgeNote(note!, NAME, ed25519(KEY))).toBe("valid");
});

test("a note that was signed here has the form and is valid", async () => {
  const signer = seededSigner();
  const key = readPublicKey(signer.publicKeyPem);
  const note = await signNote("line one\n\nline three\n", { name: "example.com/ledger", signer });
  expect(note).toMatch(/^line one\n\nline three\n\n— example\.com\/ledger [A-Za-z0-9+/]+=*\n$/);
  expect(readNote(note)?.text).toBe("line one\n\nline three\n");
  expect(judgeNote(readNote(note)!, "example.com/ledger", key)).toBe("valid");
  expect(judgeNote(readNote(note)!, "example.com/other", key)).toBe("unknown_key");
  expect(judgeNote(readNote(note)!, "example.com/ledger", readPublicKey(seededSigner(2).publicKeyPem))).toBe(
    "unknown_key",
  );
});

test("a P-256 key signs with type 0x02, whose id is that of the key alone", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const note = readNote(await signNote("text\n", { name: "name", signer: signerOf(privateKey, "ecdsa-p256") }));
  const key = publicKeyOf(publicKey);
  expect(note?.signatures[0]?.keyId).toBe(Buffer.from(key.keyId, "base64url").toString("hex", 0, 4));
  expect(judgeNote(note!, "name", key)).toBe("valid");
});

test("signatures of others are ignored, and a wrong one of the key spoils the note", async () => {
  const signer = seededSigner();
  const key = readPublicKey(signer.publicKeyPem);
  const signed = await signNote("text\n", { name: "ours", signer });
  const other = await signNote("text\n", { name: "theirs", signer: seededSigner(2) });
  const line = signed.slice(signed.indexOf("— "));
  const both = readNote(`${other}${line}`)!;
  expect(both.signatures).toHaveLength(2);
  expect(judgeNote(both, "ours", key)).toBe("valid");
  const wrong = await signNote("another text\n", { name: "ours", signer });
  const spoilt = readNote(`${signed}${wrong.slice(wrong.indexOf("— "))}`)!;
  expect(judgeNote(spoilt, "ours", key)).toBe("bad_signature");
});

test("a note may carry sixteen signatures and is refused with thirty-three", async () => {
  const note = await signNote("text\n", { name: "name", signer: seededSigner() });
  const line = note.slice(note.indexOf("— "));
  expect(readNote(note + line.repeat(15))?.signatures).toHaveLength(16);
  expect(readNote(note + line.repeat(32))).toBeUndefined();
});

const SIGNATURE = "— name AAAAAAECAwQ=\n";

test.each([
  ["nothing", ""],
  ["a text without signatures", "text\n"],
  ["a text without a line feed", `text${SIGNATURE}`],
  ["no empty line before the signatures", `text\n${SIGNATURE}`],
  ["no line feed at the end", `text\n\n${SIGNATURE.trimEnd()}`],
  ["an empty line after the signatures", `text\n\n${SIGNATURE}\n`],
  ["a hyphen for the dash", `text\n\n- name AAAAAAECAwQ=\n`],
  ["a line that is no signature", `text\n\n${SIGNATURE}hello\n`],
  ["a name that is empty", "text\n\n—  AAAAAAECAwQ=\n"],
  ["a name with a plus sign", "text\n\n— na+me AAAAAAECAwQ=\n"],
  ["a signature with a key id and nothing more", "text\n\n— name AAAAAA==\n"],
  ["base64 with bits left over", "text\n\n— name AAAAAAECAwR=\n"],
  ["base64 of URLs", "text\n\n— name AAAAAAECA-_=\n"],
  ["a tab in the text", `te\txt\n\n${SIGNATURE}`],
  ["a carriage return in the text", `text\r\n\n${SIGNATURE}`],
  ["more text than is read", `${"x".repeat(300_000)}\n\n${SIGNATURE}`],
])("%s is no note", (_case, note) => {
  expect(readNote(note)).toBeUndefined();
});

test("a key name has no spaces of any kind and no plus sign", () => {
  expect(isKeyName("example.com/ledger")).toBe(true);
  for (const name of ["", "a b", "a\u00a0b", "a+b", "a\nb", "a\u2028b"]) expect(isKeyName(name)).toBe(false);
});
