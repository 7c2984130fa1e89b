import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import type { Violation } from "#model";
import { Fault } from "#model";
import { makeCertificate } from "./certificate.ts";
import type { Issuer } from "./certificate.ts";

/** Days that a development certificate may hold. */
export const CERTIFICATE_DAYS = { least: 30, most: 90 } as const;

/** Most characters of a common name, as RFC 5280 has it. */
const NAME_CHARACTERS = 64;

/** Beginning before now, so that a clock that is a little behind takes it as well, milliseconds. */
const BACKDATED_MS = 5 * 60_000;

const DAY_MS = 86_400_000;

/** What development certificates are made of. */
export interface DevelopmentCertificatesOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly days: number;
  /** DNS names and IP addresses of the server beside localhost, 127.0.0.1 and ::1. */
  readonly hosts: readonly string[];
  /** Who the clients are: each a URI (`spiffe://...`) or a plain name. */
  readonly clients: readonly string[];
}

/** A file to be written. */
export interface PemFile {
  readonly name: string;
  readonly text: string;
  /** Whether nobody else may read it. */
  readonly isSecret: boolean;
}

/**
 * A CA for development, a certificate of a server, and one for each client, with their keys (ECDSA P-256).
 * @throws {Fault} INVALID_REQUEST that lists every name that cannot be in a certificate.
 */
export function developmentCertificates(options: DevelopmentCertificatesOptions): readonly PemFile[] {
  const { now, days, hosts, clients } = options;
  refuse(problemsOf(options));
  const validity = { notBefore: new Date(now - BACKDATED_MS), notAfter: new Date(now + days * DAY_MS) };
  const ca = newAuthority();
  const server = { commonName: "Verbatim server", key: newKey() };
  const names = ["localhost", "127.0.0.1", "::1", ...hosts];
  return [
    ...pemFiles("ca", ca.key, makeCertificate({ ...ca, ...validity, use: "ca" })),
    ...pemFiles(
      "server",
      server.key,
      makeCertificate({ ...server, ...validity, issuer: ca, use: "server", hosts: [...new Set(names)] }),
    ),
    ...clients.flatMap((client) => {
      const key = newKey();
      const uris = isUri(client) ? [client] : [];
      const commonName = shortNameOf(client);
      return pemFiles(
        clientFile(client),
        key,
        makeCertificate({ commonName, key, uris, ...validity, issuer: ca, use: "client" }),
      );
    }),
  ];
}

/** The name of a client's files, without their endings. */
export function clientFile(client: string): string {
  return `client-${shortNameOf(client)}`;
}

function pemFiles(name: string, key: KeyObject, certificate: string): PemFile[] {
  const text = key.export({ type: "pkcs8", format: "pem" });
  return [
    { name: `${name}.pem`, text: certificate, isSecret: false },
    { name: `${name}.key`, text, isSecret: true },
  ];
}

/** Its name is its own as well: of two that are trusted, nobody takes one for the other. */
function newAuthority(): Issuer {
  const key = newKey();
  const digest = createHash("sha256").update(createPublicKey(key).export({ type: "spki", format: "der" }));
  return { commonName: `Verbatim development CA ${digest.digest("hex").slice(0, 8)}`, key };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function isUri(client: string): boolean {
  return client.includes("://");
}

/** Of a URI what stands behind its last slash. */
function shortNameOf(client: string): string {
  return isUri(client) ? client.slice(client.lastIndexOf("/") + 1) : client;
}

const HOST =
  /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const SHORT_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]*$/;
const URI = /^[a-z][a-z0-9+.-]*:\/\/[!-~]+$/;

function problemsOf({ days, hosts, clients }: DevelopmentCertificatesOptions): Violation[] {
  const { least, most } = CERTIFICATE_DAYS;
  const problems: Violation[] = [];
  const say = (field: string, seen: unknown, expected: string): void => {
    problems.push({ field, description: `is ${JSON.stringify(seen)}; expected ${expected}` });
  };
  if (!Number.isInteger(days) || days < least || days > most) say("days", days, `${least} to ${most}`);
  for (const host of hosts) {
    const isName = host.length <= 253 && HOST.test(host) && !/^[\d.]+$/.test(host);
    if (!isName && (isIP(host) === 0 || host.includes("%"))) say("name", host, "a DNS name or an IP address");
  }
  const files = new Set<string>();
  for (const client of clients) {
    const name = shortNameOf(client);
    const isSound = SHORT_NAME.test(name) && name.length <= NAME_CHARACTERS && (!isUri(client) || URI.test(client));
    if (!isSound) {
      const expected = `1 to ${NAME_CHARACTERS} of A-Z a-z 0-9 . _ @ - with a letter or digit first, or a URI that ends in a slash and such a name`;
      say("client", client, expected);
    } else if (files.has(name))
      say("client", client, `a name that no other client's files have (${clientFile(client)})`);
    files.add(name);
  }
  return problems;
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `--${field} ${description}`).join("; ");
  throw new Fault("INVALID_REQUEST", `No certificates were made: ${list}.`, { violations });
}
