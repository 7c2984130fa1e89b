import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import type { PeerCertificate } from "../identity/principal.ts";

export type { PeerCertificate } from "../identity/principal.ts";

/** Under this key a connection carries its certificate, beside its guest. */
const CERTIFICATE = Symbol("peer certificate");

/** Notes whose certificate a connection was made with, once the handshake has verified it. */
export function notePeerCertificate(socket: Socket, certificate: PeerCertificate): void {
  Object.assign(socket, { [CERTIFICATE]: certificate });
}

/** The verified certificate of whoever holds the connection of a session or a request; undefined where there is none. */
export function peerCertificateOf(holder: { readonly socket?: Socket } | undefined): PeerCertificate | undefined {
  const socket = holder?.socket as { readonly [CERTIFICATE]?: PeerCertificate } | undefined; // the noted one, or its proxy
  return socket?.[CERTIFICATE];
}

/** What a certificate says. */
export function peerCertificate(certificate: X509Certificate): PeerCertificate {
  const names = alternativeNames(certificate.subjectAltName ?? "");
  const ofKind = (wanted: string): string[] => names.flatMap(({ kind, name }) => (kind === wanted ? [name] : []));
  const { CN } = certificate.toLegacyObject().subject as { readonly CN?: unknown }; // an array for several
  return {
    subject: certificate.subject,
    commonName: typeof CN === "string" ? CN : undefined,
    uriSans: ofKind("URI"),
    dnsSans: ofKind("DNS"),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** A kind and a name; the name is a JSON string where it could be taken for more than one. */
const ALTERNATIVE_NAME = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy;

/** Takes apart what Node says of a certificate's alternative names; of a text that is not wholly understood, nothing. */
export function alternativeNames(text: string): readonly { readonly kind: string; readonly name: string }[] {
  const names = [];
  let end = 0;
  for (const [all, kind = "", name = ""] of text.matchAll(ALTERNATIVE_NAME)) {
    names.push({ kind, name: name.startsWith('"') ? String(JSON.parse(name)) : name });
    end += all.length;
  }
  return end === text.length ? names : [];
}
