import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

/** An address that stays the same while the server behind it changes, as a load balancer or a virtual address has it. */
export interface SwitchedProxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts every connection; each new one goes to this port, or is refused where there is none. */
  switchTo(serverPort: number | undefined): void;
}

/** The port in the address of a server. */
export function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** The address of a server by way of the proxy. */
export function behind(url: string, { port }: { readonly port: number }): string {
  return url.replace(/:\d+\//, `:${port}/`);
}

/** A proxy on a port of its own before a server on this machine. */
export async function startSwitchedProxy(serverPort: number): Promise<SwitchedProxy> {
  const sockets = new Set<Socket>();
  let target: number | undefined = serverPort;
  const keep = (socket: Socket, other: () => void): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      other();
    });
  };
  const server = createServer((client) => {
    keep(client, () => upstream?.destroy());
    const upstream = target === undefined ? undefined : connect(target, "127.0.0.1");
    if (upstream === undefined) {
      client.destroy();
      return;
    }
    keep(upstream, () => client.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the socket has no port");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    switchTo(port) {
      target = port;
      cut();
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
