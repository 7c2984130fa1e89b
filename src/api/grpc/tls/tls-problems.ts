import type { X509Certificate } from "node:crypto";
import type { Violation } from "#model";
import { certificatesOf, privateKeyOf } from "./pem.ts";
import type { ServerTls } from "./tls-material.ts";
import { secureContextOf } from "./tls-options.ts";

/** Extended key usage: of a server. */
const SERVER_PURPOSE = "1.3.6.1.5.5.7.3.1";

/** Everything that is wrong with what a server is to speak TLS with, all at once. `nowMs`: milliseconds since 1970. */
export function tlsProblems(tls: ServerTls, nowMs: number): readonly Violation[] {
  const { material, clientCertificates } = tls;
  const problems = [
    ...serverProblems(material.certificate, nowMs),
    ...keyProblems(material),
    ...clientCaProblems(material.clientCa, clientCertificates, nowMs),
  ];
  return problems.length > 0 ? problems : contextProblems(tls);
}

function serverProblems(pem: string, nowMs: number): Violation[] {
  const field = "tls.certificate";
  const chain = certificatesOf(pem);
  if (chain === undefined)
    return [{ field, description: "holds no certificate in PEM; expected the server's own first" }];
  const [leaf] = chain;
  const problems = chain.flatMap((certificate) => validityProblems(field, certificate, nowMs));
  const say = (description: string): void => void problems.push({ field, description });
  if (leaf.ca)
    say(`is that of a CA (${nameOf(leaf)}); expected the server's own first: nobody takes a CA for a server`);
  if (!/(?:^|, )(?:DNS|IP Address):/.test(leaf.subjectAltName ?? "")) {
    say(
      `has no alternative name (${nameOf(leaf)}); clients look at nothing else: have it made for its DNS names or IP addresses`,
    );
  }
  const uses: readonly string[] | undefined = leaf.keyUsage; // absent where it is for every use
  if (uses !== undefined && !uses.includes(SERVER_PURPOSE)) {
    say(`is not for servers (${nameOf(leaf)} is for ${uses.join(", ")}); have one made with TLS server authentication`);
  }
  for (const [at, certificate] of chain.entries()) {
    const next = chain[at + 1];
    if (next === undefined || isIssuedBy(certificate, next)) continue;
    say(
      `is not in order: certificate ${at + 2} of the file (${nameOf(next)}) has not signed the one before (${nameOf(certificate)}); expected the server's own, then each one's issuer`,
    );
  }
  return problems;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function keyProblems({ certificate, key }: ServerTls["material"]): Violation[] {
  const field = "tls.key";
  const read = privateKeyOf(key);
  if (read === undefined)
    return [{ field, description: "holds no private key in PEM that opens without a passphrase" }];
  const leaf = certificatesOf(certificate)?.[0];
  if (leaf === undefined || leaf.checkPrivateKey(read)) return [];
  const description = `does not belong to the certificate of ${nameOf(leaf)}; give the key that it was made with`;
  return [{ field, description }];
}

function clientCaProblems(
  pem: string | undefined,
  clientCertificates: ServerTls["clientCertificates"],
  nowMs: number,
): Violation[] {
  const field = "tls.client_ca";
  if (clientCertificates === "none") {
    if (pem === undefined) return [];
    return [{ field, description: "is given, and client_certificates is none; say required, or leave client_ca away" }];
  }
  if (pem === undefined) {
    const description = "is missing: say which CA signs the clients' certificates, or say client_certificates: none";
    return [{ field, description }];
  }
  const authorities = certificatesOf(pem);
  if (authorities === undefined)
    return [{ field, description: "holds no certificate in PEM; expected those of the CAs" }];
  return authorities.flatMap((authority) => {
    const problems = validityProblems(field, authority, nowMs);
    if (!authority.ca) {
      const description = `holds a certificate that is none of a CA (${nameOf(authority)}); expected the CA that has signed it`;
      problems.push({ field, description });
    }
    return problems;
  });
}

function validityProblems(field: string, certificate: X509Certificate, nowMs: number): Violation[] {
  const { validFromDate, validToDate } = certificate;
  const now = new Date(nowMs).toISOString();
  if (nowMs < validFromDate.getTime()) {
    const begins = validFromDate.toISOString();
    return [
      {
        field,
        description: `is not valid before ${begins} (${nameOf(certificate)}; it is ${now}); is the clock right?`,
      },
    ];
  }
  if (nowMs <= validToDate.getTime()) return [];
  const ended = validToDate.toISOString();
  return [
    { field, description: `has expired on ${ended} (${nameOf(certificate)}; it is ${now}); have a new one made` },
  ];
}

/** What OpenSSL itself says against them, such as a key that is too short. */
function contextProblems(tls: ServerTls): Violation[] {
  try {
    secureContextOf(tls);
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ field: "tls", description: `is refused by OpenSSL: ${why}` }];
  }
}

function nameOf({ subject, serialNumber }: X509Certificate): string {
  return (subject ?? "").replaceAll("\n", ", ") || `serial number ${serialNumber}`;
}
