import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, sign } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import type { Der } from "./der.ts";
import { bits, context, integer, octets, oid, sequence, setOf, time, truth, utf8 } from "./der.ts";

/** Who has signed a certificate: itself, or a CA. */
export interface Issuer {
  readonly commonName: string;
  /** Private, ECDSA on P-256. */
  readonly key: KeyObject;
}

/** What a certificate shall say. */
export interface CertificateContent {
  readonly commonName: string;
  /** Private key, ECDSA on P-256, whose public half the certificate is of. */
  readonly key: KeyObject;
  /** Absent = it signs itself. */
  readonly issuer?: Issuer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** A CA signs certificates and nothing else; a server and a client are never a CA. */
  readonly use: "ca" | "server" | "client";
  /** DNS names and IP addresses. */
  readonly hosts?: readonly string[];
  readonly uris?: readonly string[];
}

const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const [SUBJECT_KEY_ID, KEY_USAGE, SUBJECT_ALT_NAME] = ["2.5.29.14", "2.5.29.15", "2.5.29.17"];
const [BASIC_CONSTRAINTS, AUTHORITY_KEY_ID, EXTENDED_KEY_USAGE] = ["2.5.29.19", "2.5.29.35", "2.5.29.37"];
const PURPOSE = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

/** Bits of the key usage from the left: keyCertSign and cRLSign, or digitalSignature, each with how many are unused. */
const USAGE = { ca: [0x06, 1], server: [0x80, 7], client: [0x80, 7] } as const;

/** Signs a certificate, X.509 version 3 as RFC 5280 has it, and gives it in PEM. */
export function makeCertificate(content: CertificateContent): string {
  const issuer = content.issuer ?? { commonName: content.commonName, key: content.key };
  const algorithm = sequence(oid(ECDSA_SHA256));
  const publicKey = publicKeyOf(content.key);
  const signed = sequence(
    context(0, integer(Buffer.from([2])), true),
    integer(serialOf(publicKey)),
    algorithm,
    nameOf(issuer.commonName),
    sequence(time(content.notBefore), time(content.notAfter)),
    nameOf(content.commonName),
    publicKey,
    context(3, sequence(...extensions(content, issuer)), true),
  );
  const certificate = sequence(signed, algorithm, bits(sign("sha256", signed, issuer.key)));
  const lines =
    Buffer.from(certificate)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function publicKeyOf(key: KeyObject): Der {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

/** Made of the key, which is fresh: no chance is needed for it to be like no other. 19 bytes, at most 20 are allowed. */
function serialOf(publicKey: Der): Der {
  return createHash("sha256").update(publicKey).digest().subarray(0, 19);
}

function keyIdOf(publicKey: Der): Der {
  return createHash("sha256").update(publicKey).digest().subarray(0, 20);
}

function nameOf(commonName: string): Der {
  return sequence(setOf(sequence(oid(COMMON_NAME), utf8(commonName))));
}

function extensions({ key, use, hosts = [], uris = [] }: CertificateContent, issuer: Issuer): Der[] {
  const [usage, unused] = USAGE[use];
  const names = [...hosts.map(hostName), ...uris.map((uri) => context(6, Buffer.from(uri, "latin1"), false))];
  return [
    critical(BASIC_CONSTRAINTS, use === "ca" ? sequence(truth()) : sequence()),
    critical(KEY_USAGE, bits(Buffer.from([usage]), unused)),
    extension(SUBJECT_KEY_ID, octets(keyIdOf(publicKeyOf(key)))),
    extension(AUTHORITY_KEY_ID, sequence(context(0, keyIdOf(publicKeyOf(issuer.key)), false))),
    ...(use === "ca" ? [] : [extension(EXTENDED_KEY_USAGE, sequence(oid(PURPOSE[use])))]),
    ...(names.length === 0 ? [] : [extension(SUBJECT_ALT_NAME, sequence(...names))]),
  ];
}

function extension(id: string, value: Der): Der {
  return sequence(oid(id), octets(value));
}

function critical(id: string, value: Der): Der {
  return sequence(oid(id), truth(), octets(value));
}

function hostName(host: string): Der {
  if (isIPv4(host)) return context(7, Buffer.from(host.split(".").map(Number)), false);
  if (isIPv6(host)) return context(7, ipv6Bytes(host), false);
  return context(2, Buffer.from(host, "latin1"), false);
}

function ipv6Bytes(host: string): Der {
  const [head = "", tail] = host.split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const between = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Buffer.from([...before, ...between, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

/** The 16-bit groups of a part of an address; what ends as an IPv4 address has two groups there. */
function groups(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
