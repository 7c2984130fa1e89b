import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { Address } from "./address.ts";
import { addressText, isLoopback } from "./address.ts";
import { listening } from "./listening.ts";
import { listenOnSocket, removeSocket } from "./unix-socket.ts";

/** Most connections at a time; one more is closed at once. */
export const CONNECTIONS = 256;

/** Longest time from a connection to its first 24 bytes, the preface of HTTP/2, milliseconds. */
export const FIRST_BYTES_TIMEOUT_MS = 10_000;

const PREFACE_BYTES = 24;

/** What a listener is given. */
export interface ListenerOptions {
  readonly address: Address;
  readonly clock: Clock;
  /** Default {@link CONNECTIONS}. */
  readonly connections?: number;
  /** Default {@link FIRST_BYTES_TIMEOUT_MS}. */
  readonly firstBytesTimeoutMs?: number;
  /** Takes a connection. */
  readonly accept: (socket: Socket) => void;
}

/** Takes connections until it is closed. */
export interface Listener {
  /** Where it listens, with the port that the system gave. */
  readonly address: string;
  /** Takes no more connections; those that are there go on. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Listens on a unix socket of mode 0600 or on a loopback port.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, or if the system refuses.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { address, accept, connections = CONNECTIONS } = options;
  const server = createServer({ noDelay: true }, (socket) => {
    closeUnlessHeard(socket, options);
    accept(socket);
  });
  server.maxConnections = connections;
  if (address.kind === "unix") await listenOnSocket(server, address.path);
  else await listenOnLoopback(server, address);
  const bound = address.kind === "unix" ? address : { ...address, port: (server.address() as AddressInfo).port }; // a TCP server
  let closing: Promise<void> | undefined;
  return {
    address: addressText(bound),
    close() {
      server.close();
      closing ??= address.kind === "unix" ? removeSocket(address.path) : Promise.resolve();
      return closing;
    },
  };
}

async function listenOnLoopback(
  server: ReturnType<typeof createServer>,
  address: Address & { kind: "tcp" },
): Promise<void> {
  if (!isLoopback(address.host)) {
    const text = `${address.host} is not a loopback address. Listen on unix:/path, 127.0.0.1:port or [::1]:port.`;
    throw new Fault("INVALID_CONFIGURATION", text, {
      violations: [{ field: "address", description: "expected a unix socket or a loopback address" }],
    });
  }
  await listening(server, { host: address.host === "localhost" ? "127.0.0.1" : address.host, port: address.port });
}

/** A connection that does not begin to speak is closed. */
function closeUnlessHeard(
  socket: Socket,
  { clock, firstBytesTimeoutMs = FIRST_BYTES_TIMEOUT_MS }: ListenerOptions,
): void {
  const stopTimer = clock.after(firstBytesTimeoutMs, () => {
    if (socket.bytesRead < PREFACE_BYTES) socket.destroy();
  });
  socket.once("close", stopTimer);
  socket.on("error", () => socket.destroy());
}
