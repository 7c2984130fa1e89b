import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createKeyFileSigner, readPublicKey } from "#evidence";
import { scratchDirectory } from "../../support/scratch-directory.ts";

async function place(): Promise<string> {
  const directory = await scratchDirectory();
  onTestFinished(() => directory[Symbol.asyncDispose]());
  return join(directory.path, "keys", "signing.pem");
}

test.each(["ed25519", "ecdsa-p256"] as const)(
  "a key of kind %s is made once, for its owner alone",
  async (algorithm) => {
    const path = await place();
    const first = createKeyFileSigner(path, algorithm);
    expect(first.algorithm).toBe(algorithm);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, "utf8");
    const again = createKeyFileSigner(path, "ed25519");
    expect([again.keyId, again.algorithm, again.publicKeyPem]).toEqual([first.keyId, algorithm, first.publicKeyPem]);
    expect(readFileSync(path, "utf8")).toBe(text);
  },
);

test("what was signed with the key of a file is verified with its public key", async () => {
  const signer = createKeyFileSigner(await place(), "ecdsa-p256");
  const key = readPublicKey(signer.publicKeyPem);
  expect(key.keyId).toBe(signer.keyId);
  const [said, other] = [Buffer.from("said"), Buffer.from("sent")];
  const signature = await signer.sign(said);
  expect([key.verifies(said, signature), key.verifies(other, signature)]).toEqual([true, false]);
});

test("a key file that others may read is refused, and what to do is said", async () => {
  const path = await place();
  createKeyFileSigner(path, "ed25519");
  chmodSync(path, 0o640);
  expect(() => createKeyFileSigner(path, "ed25519")).toThrow(
    "has mode 0640, so others may have the key: expected 0600",
  );
});

test("a file that holds no key is refused and stays as it is", async () => {
  const path = await place();
  createKeyFileSigner(path, "ed25519");
  writeFileSync(path, "no key\n");
  expect(() => createKeyFileSigner(path, "ed25519")).toThrow("holds no private key in PEM");
  expect(readFileSync(path, "utf8")).toBe("no key\n");
});

test("a private key given where a public one is expected is refused without being shown", async () => {
  const path = await place();
  createKeyFileSigner(path, "ed25519");
  expect(() => readPublicKey(readFileSync(path, "utf8"))).toThrow("This is a private key: give the public one");
  expect(() => readPublicKey("nothing")).toThrow("This is no public key");
});
