import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { createSocketSigner, readPublicKey, serveSigner } from "#evidence";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { memorySigner } from "../support/signer.ts";

async function socketPath(): Promise<string> {
  const directory = await scratchDirectory();
  onTestFinished(() => directory[Symbol.asyncDispose]());
  return join(directory.path, "signer.sock");
}

test("a signer in another process signs with a key that is never sent", async () => {
  const path = await socketPath();
  const held = memorySigner("ed25519");
  await using server = await serveSigner(held, path);
  expect(statSync(server.path).mode & 0o777).toBe(0o660);
  const signer = await createSocketSigner(path);
  expect([signer.keyId, signer.algorithm]).toEqual([held.keyId, "ed25519"]);
  const [bytes, key] = [Buffer.from("x".repeat(3_000_000)), readPublicKey(signer.publicKeyPem)];
  const signatures = await Promise.all(Array.from({ length: 8 }, () => signer.sign(bytes)));
  for (const signature of signatures) expect(key.verifies(bytes, signature)).toBe(true);
});

test("a signer that is not there is unavailable, and signs again when it is back with the same key", async () => {
  const path = await socketPath();
  const held = memorySigner("ecdsa-p256");
  const server = await serveSigner(held, path);
  const signer = await createSocketSigner(path);
  await server[Symbol.asyncDispose]();
  await expect(signer.sign(Buffer.from("a"))).rejects.toMatchObject({ code: "SIGNER_UNAVAILABLE" });
  await using back = await serveSigner(held, path);
  expect(back.path).toBe(path);
  expect(readPublicKey(held.publicKeyPem).verifies(Buffer.from("a"), await signer.sign(Buffer.from("a")))).toBe(true);
});

test("a signer that came back with another key is refused: its seals would not fit the ones before", async () => {
  const path = await socketPath();
  const first = await serveSigner(memorySigner("ed25519"), path);
  const signer = await createSocketSigner(path);
  await first[Symbol.asyncDispose]();
  await using other = await serveSigner(memorySigner("ed25519"), path);
  expect(other.path).toBe(path);
  await expect(signer.sign(Buffer.from("a"))).rejects.toMatchObject({
    code: "SIGNER_UNAVAILABLE",
    message: expect.stringContaining("its key is not the one") as string,
  });
});

test("a signer answers what it cannot do with an error, and goes on with the next line", async () => {
  const path = await socketPath();
  const held = memorySigner("ed25519");
  await using server = await serveSigner(held, path);
  const socket = connect(server.path);
  onTestFinished(() => void socket.destroy());
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const asked = async (text: string): Promise<unknown> => {
    socket.write(`${text}\n`);
    return JSON.parse(String((await lines.next()).value));
  };
  await once(socket, "connect");
  expect(await asked("nonsense")).toMatchObject({ error: expect.any(String) as string });
  expect(await asked('{"private_key":true}')).toMatchObject({ error: expect.stringContaining("expected") as string });
  expect(await asked('{"public_key":true}')).toEqual({ public_key: held.publicKeyPem });
});

test("a socket that a killed signer left is taken over, and one on which a signer answers is not", async () => {
  const path = await socketPath();
  execFileSync("python3", ["-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path]);
  await using server = await serveSigner(memorySigner("ed25519"), path);
  await expect(serveSigner(memorySigner("ed25519"), server.path)).rejects.toMatchObject({ code: "STATE_LOCKED" });
});
