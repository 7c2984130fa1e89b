import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { Fault } from "#model";
import type { Signer } from "./signer.ts";
import { SIGNING_LINE_CHARACTERS } from "./signing-protocol.ts";
import type { SigningAnswer, SigningRequest } from "./signing-protocol.ts";

const CONNECTIONS = 16;
/** A connection that asks nothing for so long is closed, in milliseconds. */
const IDLE_MS = 10_000;

/** A signer that other processes ask. */
export interface SigningServer extends AsyncDisposable {
  readonly path: string;
}

/**
 * Answers on a unix socket, for whoever its directory and mode let in.
 * @throws {Fault} STATE_LOCKED if another signer answers there. @throws the system's error if it cannot listen.
 */
export async function serveSigner(signer: Signer, path: string): Promise<SigningServer> {
  await removeLeftSocket(path);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    answerLines(socket, signer);
  });
  server.maxConnections = CONNECTIONS;
  const before = process.umask(0o117); // the group may ask, nobody else: 0660
  try {
    server.listen(path);
    await once(server, "listening");
  } finally {
    process.umask(before);
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A signer that was killed leaves its socket. */
async function removeLeftSocket(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch {
    rmSync(path);
    return;
  } finally {
    socket.destroy();
  }
  throw new Fault("STATE_LOCKED", `A signer answers on ${path} already: stop it, or choose another socket.`);
}

function answerLines(socket: Socket, signer: Signer): void {
  const pieces: string[] = []; // of the line that is on its way
  let characters = 0;
  let answered = Promise.resolve();
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const [first = "", ...others] = text.split("\n");
    pieces.push(first);
    characters += first.length;
    for (const next of others) {
      const line = pieces.splice(0).join("");
      answered = answered.then(async () => {
        socket.write(`${JSON.stringify(await answerTo(line, signer))}\n`);
      });
      pieces.push(next);
      characters = next.length;
    }
    if (characters > SIGNING_LINE_CHARACTERS) socket.destroy();
  });
}

async function answerTo(line: string, signer: Signer): Promise<SigningAnswer> {
  try {
    const { public_key: asksKey, sign } = JSON.parse(line) as SigningRequest; // checked below
    if (asksKey === true) return { public_key: signer.publicKeyPem };
    if (typeof sign !== "string") return { error: 'expected {"public_key": true} or {"sign": BASE64}' };
    return { signature: Buffer.from(await signer.sign(Buffer.from(sign, "base64"))).toString("base64") };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
