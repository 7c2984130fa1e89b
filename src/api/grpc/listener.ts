import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { Fault } from "#model";
import type { Address } from "./address.ts";
import { addressText, isLoopback } from "./address.ts";
import { Connections } from "./connections.ts";
import type { ConnectionsOptions } from "./connections.ts";
import { listening } from "./listening.ts";
import { listenOnSocket, removeSocket } from "./unix-socket.ts";

/** What a listener is given. */
export interface ListenerOptions extends ConnectionsOptions {
  readonly address: Address;
  /** Takes a connection. */
  readonly accept: (socket: Socket) => void;
}

/** Takes connections until it is closed. */
export interface Listener {
  /** Where it listens, with the port that the system gave. */
  readonly address: string;
  /** Connections that are open. */
  readonly connections: number;
  /** Takes no more connections; resolves once those that are there have ended. Safe to call twice. */
  close(): Promise<void>;
  /** Ends every connection now. */
  cut(): void;
}

/**
 * Listens on a unix socket of mode 0600 or on a loopback port.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, or if the system refuses.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { address, accept } = options;
  const connections = new Connections(options);
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    if (connections.take(socket)) accept(socket);
  });
  const bound =
    address.kind === "tcp" ? await listenOnLoopback(server, address) : await listenOnSocket(server, address);

  const close = async (): Promise<void> => {
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    if (address.kind === "unix") await removeSocket(address.path);
    await ended;
  };
  let closing: Promise<void> | undefined;
  return {
    address: bound,
    get connections() {
      return connections.size;
    },
    close: () => (closing ??= close()),
    cut: () => connections.cut(),
  };
}

/**
 * Listens on a loopback port and tells where.
 * @throws {Fault} INVALID_CONFIGURATION for an address that is not loopback, or if the system refuses.
 */
export async function listenOnLoopback(server: Server, address: Address): Promise<string> {
  if (address.kind !== "tcp" || !isLoopback(address.host)) {
    const text = `${addressText(address)} is not a loopback address. Use 127.0.0.1:port, [::1]:port or localhost:port.`;
    const violations = [{ field: "address", description: "expected a loopback address" }];
    throw new Fault("INVALID_CONFIGURATION", text, { violations });
  }
  const host = address.host === "localhost" ? "127.0.0.1" : address.host;
  await listening(server, { host, port: address.port });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return addressText({ kind: "tcp", host, port });
}
