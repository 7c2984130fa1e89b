import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

/** A line to a server that can fall silent: nothing is refused or closed, and nothing comes through. */
export interface SilentLine extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing comes through, in either direction. */
  cut(): void;
  /** What was held back arrives late. `forgets`: the connections break instead, as behind a router that no longer knows them. */
  mend(how: { readonly forgets: boolean }): void;
}

/** Lays a line to a port of this machine. */
export async function layLine(to: number): Promise<SilentLine> {
  /** Each end, and where its bytes go. */
  const ends = new Map<Socket, Socket>();
  let silent = false;
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.set(from, into);
      from.on("error", () => undefined);
      from.on("close", () => {
        ends.delete(from);
        into.destroy();
      });
      if (!silent) from.pipe(into);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the line has no port");
  return {
    port: address.port,
    cut() {
      silent = true;
      for (const from of ends.keys()) from.unpipe().pause();
    },
    mend({ forgets }) {
      silent = false;
      for (const [from, into] of ends) {
        if (forgets) from.destroy();
        else from.pipe(into);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of ends.keys()) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
