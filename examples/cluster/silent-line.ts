import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

/** A line to a server that can fall silent: nothing is refused or closed, and nothing comes through. */
export interface SilentLine extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing comes through, in either direction. */
  cut(): void;
  /** What was held back goes on its way. */
  mend(): void;
}

/** A line to a port of this machine. */
export async function layLine(to: number): Promise<SilentLine> {
  const sockets = new Set<Socket>();
  let silent = false;
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        into.destroy();
      });
      from.pipe(into);
      if (silent) from.pause();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the line has no port");
  return {
    port: address.port,
    cut() {
      silent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    mend() {
      silent = false;
      for (const socket of sockets) socket.destroy(); // as routers do that have forgotten a connection
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
