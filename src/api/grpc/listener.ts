import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Fault } from "#model";
import type { Address } from "./address.ts";
import { addressText, isLoopback } from "./address.ts";
import { Connections } from "./connections.ts";
import type { ConnectionsOptions } from "./connections.ts";
import { listening } from "./listening.ts";
import type { ServerTls, TlsMaterial } from "./tls/tls-material.ts";
import { serverOptions } from "./tls/tls-options.ts";
import { requireSoundTls, secured } from "./tls/tls-server.ts";
import type { SecuredServer } from "./tls/tls-server.ts";
import { listenOnSocket, removeSocket } from "./unix-socket.ts";

/** What a listener is given. */
export interface ListenerOptions extends ConnectionsOptions {
  readonly address: Address;
  /** Takes a connection; with TLS when its handshake is over. */
  readonly accept: (socket: Socket) => void;
  /** Absent = as plain bytes, as on every unix socket. */
  readonly tls?: ServerTls | undefined;
  /** Said aloud: plain bytes may go over a network. */
  readonly insecure?: boolean | undefined;
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
  /** Has the handshakes from now on made with other files. @throws {Fault} INVALID_CONFIGURATION; then nothing has changed. */
  replaceTls(material: TlsMaterial): void;
}

/**
 * Listens on a unix socket of mode 0600, on a loopback port, or on any port with TLS.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, for files that TLS cannot be spoken with, or if the system refuses.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { address } = options;
  requireSafe(address, options);
  const connections = new Connections(options);
  const { server, secure } = await serverOf(options, connections);
  const bound = address.kind === "tcp" ? await listenOnTcp(server, address) : await listenOnSocket(server, address);

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
    replaceTls: (material) => secure?.replace(material),
  };
}

interface Made {
  readonly server: Server;
  readonly secure?: SecuredServer;
}

async function serverOf({ address, accept, tls, clock }: ListenerOptions, connections: Connections): Promise<Made> {
  // The bound on connections holds before a byte of a handshake is read.
  const take = (socket: Socket): boolean => {
    socket.on("error", () => socket.destroy());
    return connections.take(socket);
  };
  if (tls === undefined || address.kind === "unix") {
    return { server: createServer({ noDelay: true }, (socket) => void (take(socket) && accept(socket))) };
  }
  requireSoundTls(tls, clock);
  const server = createTlsServer({ ...serverOptions(tls, "h2"), noDelay: true });
  const secure = await secured(server, { tls, clock, protocol: "h2", accept });
  server.on("connection", take);
  return { server, secure };
}

/**
 * Plain bytes stay on this machine, unless it is said aloud that they may not.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export function requireSafe(address: Address, { tls, insecure }: Pick<ListenerOptions, "tls" | "insecure">): void {
  if (address.kind === "unix" || isLoopback(address.host) || tls !== undefined || insecure === true) return;
  const text = `${addressText(address)} is not a loopback address, and without TLS whoever is on the way reads tokens and changes jobs. Configure tls (\`verbatim certs init\` makes certificates to try it with); or use 127.0.0.1:port, [::1]:port or localhost:port; or say --insecure.`;
  const violations = [{ field: "address", description: "expected a loopback address, or tls" }];
  throw new Fault("INVALID_CONFIGURATION", text, { violations });
}

/** Listens on a TCP port and tells where. @throws {Fault} INVALID_CONFIGURATION if the system refuses. */
export async function listenOnTcp(server: Server, address: Address & { kind: "tcp" }): Promise<string> {
  const host = address.host === "localhost" ? "127.0.0.1" : address.host;
  await listening(server, { host, port: address.port });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return addressText({ kind: "tcp", host, port });
}
