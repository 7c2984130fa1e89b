import type { Socket } from "node:net";
import { isIP } from "node:net";
import { connect } from "node:tls";
import { Fault } from "#model";
import type { Address } from "../address.ts";
import { addressText } from "../address.ts";
import { clientContext } from "./client-credentials.ts";
import type { ClientTls } from "./tls-material.ts";

/** How long a handshake that is to show why calls fail may be silent, milliseconds. */
const SILENCE_MS = 3000;

type Tcp = Address & { readonly kind: "tcp" };

/** What came of a handshake. */
type Seen =
  | { readonly kind: "served" | "silent" | "cut" | "no gRPC" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly names: string };

/**
 * Why a server was not reached, from a handshake of its own with it: the library tells of the last error only, and of a
 * server that hangs up nothing. Undefined if TLS is not the reason. Never rejects.
 */
export async function diagnose(address: Address, tls: ClientTls | undefined): Promise<Fault | undefined> {
  if (address.kind === "unix") return undefined;
  const seen = await shakeHands(address, tls ?? {});
  return tls === undefined ? reasonWithoutTls(address, seen) : reasonWithTls(address, tls, seen);
}

/** What Node adds to an error of a handshake, and to one of another name. */
type TlsError = Error & { readonly code?: string; readonly cert?: { readonly subjectaltname?: string } };

function shakeHands({ host, port }: Tcp, tls: ClientTls): Promise<Seen> {
  return new Promise((resolve) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({
      host,
      port,
      secureContext: clientContext(tls),
      rejectUnauthorized: true,
      ALPNProtocols: ["h2"],
      ...servername,
    });
    const end = (seen: Seen): void => {
      socket.destroy();
      resolve(seen);
    };
    socket.setTimeout(SILENCE_MS, () => end({ kind: "silent" }));
    socket.once("error", (error: TlsError) => {
      const names = error.cert?.subjectaltname ?? "no name at all";
      end({ kind: "failed", code: error.code ?? "", message: error.message, names });
    });
    socket.once("secureConnect", () => socket.alpnProtocol !== "h2" && end({ kind: "no gRPC" }));
    socket.once("data", () => end({ kind: "served" })); // the settings of HTTP/2: it has let us in
    socket.once("close", () => end({ kind: "cut" }));
    (socket as Socket).resume(); // with TLS 1.3, whether our certificate is taken shows after the handshake only
  });
}

/** Its own client certificate is not needed to see that somebody speaks TLS. */
function reasonWithoutTls(address: Tcp, seen: Seen): Fault | undefined {
  if (seen.kind === "silent" || seen.kind === "cut") return undefined;
  if (seen.kind === "failed" && (isPlain(seen.code) || isNoHandshake(seen.code))) return undefined;
  return unreachable(
    `The server at ${addressText(address)} speaks TLS, and was called without. Say whom to trust with --ca FILE (VERBATIM_CA).`,
  );
}

function reasonWithTls(address: Tcp, tls: ClientTls, seen: Seen): Fault | undefined {
  const where = addressText(address);
  if (seen.kind === "no gRPC")
    return unreachable(`What answers at ${where} speaks TLS, but not gRPC. Name another address.`);
  if (seen.kind === "cut") return refused(where, tls, "it hung up after the handshake");
  if (seen.kind !== "failed") return undefined;
  const { code, message, names } = seen;
  if (isPlain(code)) {
    const text = `What answers at ${where} does not speak TLS. If it is the server, have it started with tls; nothing was sent to it.`;
    return unreachable(text);
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const text = `The server at ${where} shows a certificate of another name (${names}). Call it by one of these, or have its certificate made for ${address.host}.`;
    return unreachable(text);
  }
  const said = REASONS[code] ?? (UNKNOWN_CA.has(code) ? UNKNOWN_CA_SENTENCE : undefined);
  if (said !== undefined) return unreachable(`The certificate of the server at ${where} ${said}.`);
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return unreachable(`The server at ${where} speaks no version of TLS that is spoken here (1.2 and 1.3). Update it.`);
  }
  if (/ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)/.test(code)) return refused(where, tls, code);
  if (code.startsWith("ERR_SSL_") && /ALERT/.test(code)) return refused(where, tls, code);
  if (code === "ECONNRESET" || code === "EPIPE") return refused(where, tls, "it hung up during the handshake");
  return isNoHandshake(code) ? undefined : unreachable(`The handshake with the server at ${where} failed: ${message}.`);
}

const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired. Have a new one made, and check the clock here",
  CERT_NOT_YET_VALID: "is not valid yet. Check the clocks, here and where it was made",
  CERT_SIGNATURE_FAILURE: "was not signed by the CA that it names. Name its CA with --ca FILE (VERBATIM_CA)",
  INVALID_PURPOSE: "is not one of a server. Have one made with TLS server authentication",
};

function refused(where: string, { certificate }: ClientTls, why: string): Fault {
  const text =
    certificate === undefined
      ? `The server at ${where} asks for a client certificate, and none was shown. Give one that its client CA has signed, with --cert FILE and --key FILE (VERBATIM_CERT, VERBATIM_KEY).`
      : `The server at ${where} does not take the client certificate that was shown (${why}). Give one that its client CA has signed and that has not expired.`;
  return new Fault("UNAUTHENTICATED", text);
}

function unreachable(text: string): Fault {
  return new Fault("SERVER_UNREACHABLE", text);
}

const UNKNOWN_CA_SENTENCE =
  "is signed by a CA that is not trusted here. Name its CA with --ca FILE (VERBATIM_CA), if it is the right server";

const UNKNOWN_CA: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Whether what came was no TLS at all. */
function isPlain(code: string): boolean {
  return /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|RECORD_LAYER_FAILURE|BAD_RECORD_TYPE/.test(
    code,
  );
}

/** Whether nobody was there to shake hands with. */
function isNoHandshake(code: string): boolean {
  return /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNRESET|EPIPE|ENOENT)$/.test(code);
}
