import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A real listener that nothing must reach, closed when disposed. */
export interface Trap extends AsyncDisposable {
  readonly port: number;
  /** How many connections there were. */
  readonly reached: number;
}

/** Listens at an address, or at all of this machine, and answers as HTTP whatever comes. */
export async function layTrap({ address, port = 0 }: { address?: string; port?: number } = {}): Promise<Trap> {
  let reached = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    reached += 1;
    open.add(socket);
    socket.on("error", () => undefined).on("close", () => open.delete(socket));
    socket.resume();
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\ncaught");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(address !== undefined && { host: address }) }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    get reached() {
      return reached;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
