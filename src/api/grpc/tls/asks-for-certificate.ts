import { once } from "node:events";
import { duplexPair } from "node:stream";
import { connect } from "node:tls";
import type { Server } from "node:tls";
import type { Clock } from "#model";
import { Fault } from "#model";

/** How long a handshake within this process may take, milliseconds. */
const PROBE_MS = 5000;

/**
 * Makes sure, by a handshake of our own without a certificate, that a server that is to ask for one does: what it was told is
 * no proof, and one that asks nobody looks the same from within. To be called before the server listens.
 * @throws {Fault} INVALID_CONFIGURATION if somebody without a certificate gets in, or nothing can be said.
 */
export async function requireClientCertificates(server: Server, clock: Clock): Promise<void> {
  const [near, far] = duplexPair();
  const seen = Promise.withResolvers<string>();
  const got = (): void => seen.resolve("let in a client without a certificate");
  const refused = (error: Error & { readonly code?: string }): void => seen.resolve(error.code ?? error.message);
  server.once("secureConnection", got);
  server.once("tlsClientError", refused);
  const stopTimer = clock.after(PROBE_MS, () => seen.resolve(`no answer within ${PROBE_MS} ms`));
  server.emit("connection", far);
  // It is this process that answers: who it is needs no proof.
  const client = connect({ socket: near, rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] });
  client.on("error", () => undefined); // the server's word counts
  const saw = await seen.promise;
  stopTimer();
  server.off("secureConnection", got).off("tlsClientError", refused);
  client.destroy();
  far.destroy();
  if (!client.closed) await once(client, "close");
  if (saw === NO_CERTIFICATE) return;
  const text = `The server was to ask its clients for certificates, and an own handshake without one saw: ${saw}; expected ${NO_CERTIFICATE}. It does not start.`;
  throw new Fault("INVALID_CONFIGURATION", text, {
    violations: [{ field: "tls.client_certificates", description: `are not asked for: ${saw}` }],
  });
}

/** What OpenSSL says of a client that brings none. */
const NO_CERTIFICATE = "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE";
