import { constants } from "node:crypto";
import type { SecureContext, SecureContextOptions, TlsOptions } from "node:tls";
import { createSecureContext } from "node:tls";
import type { ServerTls } from "./tls-material.ts";

/** Longest silence within a handshake, milliseconds. Its whole length is bounded as that of every unproven connection is. */
const HANDSHAKE_SILENCE_MS = 5000;

/**
 * No renegotiation, and no resumption: every handshake looks at the client's certificate anew, so that one whose CA was taken
 * away has no ticket to come in by. Connections last long; a whole handshake costs them little.
 */
const SECURE_OPTIONS = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET;

/** What new handshakes are made with. Never without a CA of its own where certificates are asked for: Node's own would do then. */
export function contextOptions({ material, minimumVersion = "TLSv1.3" }: ServerTls): SecureContextOptions {
  const { certificate, key, clientCa } = material;
  return {
    cert: certificate,
    key,
    ...(clientCa !== undefined && { ca: clientCa }),
    minVersion: minimumVersion,
    secureOptions: SECURE_OPTIONS,
  };
}

/** What a TLS server is made with. `protocol`: the only one that is spoken. */
export function serverOptions(tls: ServerTls, protocol: "h2" | "http/1.1"): TlsOptions {
  return {
    ...contextOptions(tls),
    requestCert: tls.clientCertificates === "required",
    rejectUnauthorized: tls.clientCertificates === "required",
    ALPNProtocols: [protocol],
    handshakeTimeout: HANDSHAKE_SILENCE_MS,
  };
}

/** @throws {Error} what OpenSSL has against it. */
export function secureContextOf(tls: ServerTls): SecureContext {
  return createSecureContext(contextOptions(tls));
}
