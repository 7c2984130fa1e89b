import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { Fault } from "#model";
import { readPublicKey } from "../public-key.ts";
import type { PublicKey } from "../public-key.ts";
import type { Signer } from "../signer.ts";
import type { SigningAnswer, SigningRequest } from "../signing-protocol.ts";

/** How long an answer is waited for, in milliseconds. */
const ANSWER_MS = 5000;

/**
 * Signs in another process, which listens on a unix socket: this one, and whatever it starts, never has the key. Each
 * request has a connection of its own, so that a signer may be started anew at any time.
 * @throws {Fault} SIGNER_UNAVAILABLE if it does not answer.
 */
export async function createSocketSigner(path: string): Promise<Signer> {
  const { public_key: pem = "" } = await ask(path, { public_key: true });
  const key = readPublicKey(pem);
  const { keyId, algorithm } = key;
  return { keyId, algorithm, publicKeyPem: key.pem, sign: (bytes) => signature(path, key, bytes) };
}

async function signature(path: string, key: PublicKey, bytes: Uint8Array): Promise<Uint8Array> {
  const answer = await ask(path, { sign: Buffer.from(bytes).toString("base64") });
  const signed = Buffer.from(answer.signature ?? "", "base64");
  if (key.verifies(bytes, signed)) return signed;
  throw unavailable(path, "its key is not the one that it had when this process started: start this process again");
}

async function ask(path: string, request: SigningRequest): Promise<SigningAnswer> {
  const socket = connect(path);
  const deadline = AbortSignal.timeout(ANSWER_MS);
  try {
    await once(socket, "connect", { signal: deadline });
    socket.write(`${JSON.stringify(request)}\n`);
    const answer = JSON.parse(await firstLine(socket, deadline)) as SigningAnswer; // its members are checked by who reads them
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  } catch (cause) {
    const why = deadline.aborted
      ? `no answer within ${ANSWER_MS / 1000} s`
      : String(cause instanceof Error ? cause.message : cause);
    throw unavailable(path, why, cause);
  } finally {
    socket.destroy();
  }
}

async function firstLine(socket: Socket, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: socket });
  const closed = once(socket, "close", { signal }).then(() => {
    throw new Error("the connection was closed without an answer");
  });
  const line = once(lines, "line", { signal }).then(([text]) => String(text));
  closed.catch(() => undefined); // it closes after the answer, too
  line.catch(() => undefined); // when it is closed first
  return await Promise.race([line, closed]);
}

function unavailable(path: string, why: string, cause?: unknown): Fault {
  return new Fault("SIGNER_UNAVAILABLE", `The signer on ${path} did not sign: ${why}.`, { cause });
}
