import { isIPv4 } from "node:net";
import { Fault } from "#model";

/** Where a server listens and a client calls. */
export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** Longest path of a unix socket in bytes: systems take 103 and more, and the socket is made under a longer name first. */
const SOCKET_PATH_BYTES = 96;

/**
 * Reads `unix:/path` or `host:port` (`[::1]:port` for IPv6).
 * @throws {Fault} INVALID_CONFIGURATION if it is neither.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "" || Buffer.byteLength(path) > SOCKET_PATH_BYTES || path.includes("\0")) {
      throw refused(text, `a socket path of 1 to ${SOCKET_PATH_BYTES} bytes after unix:`);
    }
    return { kind: "unix", path };
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) throw refused(text, "unix:/path or host:port");
  return { kind: "tcp", host, port };
}

/** The address as {@link parseAddress} reads it and gRPC clients take it. */
export function addressText(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Whether a host is this machine and nothing else: a loopback address by its number, or `localhost`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** Whether what is sent to an address can leave this machine. @throws {Fault} INVALID_CONFIGURATION if it is none. */
export function isOverNetwork(text: string): boolean {
  const address = parseAddress(text);
  return address.kind === "tcp" && !isLoopback(address.host);
}

/** The address by which a server is called on its own machine: one that listens everywhere is called on loopback. */
export function calledLocally(text: string): string {
  const address = parseAddress(text);
  if (address.kind === "unix") return text;
  const host = EVERYWHERE[address.host] ?? address.host;
  return addressText({ ...address, host });
}

const EVERYWHERE: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

function refused(seen: string, expected: string): Fault {
  const text = `The address ${JSON.stringify(seen)} is not understood; expected ${expected}.`;
  return new Fault("INVALID_CONFIGURATION", text, {
    violations: [{ field: "address", description: `expected ${expected}` }],
  });
}
