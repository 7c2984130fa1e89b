import type { Socket } from "node:net";
import type { Server as TlsServer, TLSSocket } from "node:tls";
import type { Clock } from "#model";
import { Fault } from "#model";
import { carryGuest } from "../guests.ts";
import { notePeerCertificate, peerCertificate } from "../peer-certificate.ts";
import { requireClientCertificates } from "./asks-for-certificate.ts";
import type { ServerTls, TlsMaterial } from "./tls-material.ts";
import { contextOptions } from "./tls-options.ts";
import { tlsProblems } from "./tls-problems.ts";

/** What comes of securing a server. */
export interface SecuredServer {
  /**
   * Has the handshakes from now on made with other files; connections that are there go on with theirs.
   * @throws {Fault} INVALID_CONFIGURATION that lists every problem; then nothing has changed.
   */
  replace(material: TlsMaterial): void;
}

/** What a server is secured with. */
export interface SecuringOptions {
  readonly tls: ServerTls;
  readonly clock: Clock;
  /** The only protocol that is spoken. */
  readonly protocol: "h2" | "http/1.1";
  /** Takes a connection whose handshake is over. */
  readonly accept?: (socket: TLSSocket) => void;
}

/** @throws {Fault} INVALID_CONFIGURATION that lists every problem. */
export function requireSoundTls(tls: ServerTls, clock: Clock): void {
  const violations = tlsProblems(tls, Date.parse(clock.now()));
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  throw new Fault("INVALID_CONFIGURATION", `TLS cannot be spoken with these files:${list}`, { violations });
}

/**
 * Watches over the handshakes of a server that does not listen yet: proves that it asks for certificates where it is to, and
 * has each connection carry what its handshake has shown.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export async function secured(server: TlsServer, options: SecuringOptions): Promise<SecuredServer> {
  const { tls, clock, protocol, accept } = options;
  if (tls.clientCertificates === "required") await requireClientCertificates(server, clock);
  const peers = new WeakMap<Socket, string>(); // a socket that was destroyed does not know any more
  const tell = (socket: TLSSocket, why: string): void => {
    const raw = rawOf(socket);
    tls.onRefused?.((raw && peers.get(raw)) ?? "a peer that has gone", why);
    socket.destroy();
  };
  server.on("connection", (raw) => void peers.set(raw, `${raw.remoteAddress}:${raw.remotePort}`));
  server.on("tlsClientError", (error: Error & { readonly code?: string }, socket) => {
    tell(socket, String(socket.authorizationError ?? error.code ?? error.message));
  });
  // Before any listener of the library that serves: it is to find what the connection carries.
  server.prependListener("secureConnection", (socket) => {
    socket.on("error", () => socket.destroy());
    const refusal = adopt(socket, options);
    if (refusal !== undefined) tell(socket, refusal);
    else if (protocol === "h2") accept?.(socket);
  });
  return {
    replace(material) {
      const next = { ...tls, material };
      requireSoundTls(next, clock);
      server.setSecureContext(contextOptions(next));
    },
  };
}

/** Has a connection carry who holds it; tells why it is not taken. */
function adopt(socket: TLSSocket, { tls, protocol }: SecuringOptions): string | undefined {
  const { alpnProtocol } = socket;
  // Clients of HTTP/1.1 need not say what they speak; of HTTP/2 they have to.
  if (alpnProtocol !== protocol && (protocol === "h2" || alpnProtocol !== false)) return "protocol is not spoken";
  const raw = rawOf(socket);
  if (raw === undefined || !carryGuest(raw, socket)) return "connection is not known";
  if (tls.clientCertificates === "none") return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || certificate === undefined) return "certificate is not verified";
  notePeerCertificate(socket, peerCertificate(certificate));
  return undefined;
}

/** The connection under a handshake: a private member, for Node tells of it nowhere. A test holds it; without it nobody gets in. */
function rawOf(socket: TLSSocket): Socket | undefined {
  return Reflect.get(socket, "_parent") as Socket | undefined; // private, so its type is not told
}
