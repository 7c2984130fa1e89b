import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

/** Stands between a client and a server, and can lose answers. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts the connection of the next request that has this text in it when its answer comes: the client never sees that. */
  loseAnswerTo(text: string): void;
  /** Answers that were lost so far. */
  readonly lost: number;
}

/** A proxy on a port of its own before a server on this machine. */
export async function startCuttingProxy(serverPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let asked: string | undefined;
  let lost = 0;
  const server = createServer((client) => {
    const upstream = connect(serverPort, "127.0.0.1");
    let cuts = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => [client, upstream].forEach((end) => end.destroy()));
    }
    client.on("data", (bytes) => {
      if (asked !== undefined && bytes.includes(asked)) [cuts, asked] = [true, undefined];
      upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (!cuts) {
        client.write(bytes);
        return;
      }
      lost += 1;
      client.destroy();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the socket has no port");
  return {
    port: address.port,
    loseAnswerTo(text) {
      asked = text;
    },
    get lost() {
      return lost;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
