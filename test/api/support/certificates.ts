import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { ClientTls, TlsMaterial } from "#api";
import { makeCertificate } from "../../../src/api/grpc/certificates/certificate.ts";
import type { CertificateContent, Issuer } from "../../../src/api/grpc/certificates/certificate.ts";

const DAY_MS = 86_400_000;

/** A certificate and its key, PEM both. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** What a test may want otherwise of a certificate. */
export type PairOptions = Partial<Omit<CertificateContent, "issuer" | "key">> & {
  /** Days from now, negative for the past. */
  readonly fromDays?: number;
  readonly toDays?: number;
};

/** A CA of a test's own. */
export class Authority {
  readonly certificate: string;
  readonly issuer: Issuer;

  constructor(commonName = "test CA", options: PairOptions = {}) {
    const key = newKey();
    this.issuer = { commonName, key };
    this.certificate = makeCertificate({ ...content({ use: "ca", ...options }), commonName, key });
  }

  /** A certificate of this CA's; for the server of a test where nothing else is said. */
  pair(options: PairOptions = {}): Pair {
    const key = newKey();
    const certificate = makeCertificate({ ...content(options), key, issuer: this.issuer });
    return { certificate, key: key.export({ type: "pkcs8", format: "pem" }) };
  }

  /** A certificate of a client. */
  client(commonName: string, options: PairOptions = {}): Pair {
    return this.pair({ use: "client", commonName, hosts: [], ...options });
  }
}

function content({ fromDays = -1, toDays = 60, ...options }: PairOptions): Omit<CertificateContent, "key"> {
  return {
    commonName: "test server",
    use: "server",
    ...(options.use === undefined && { hosts: ["localhost", "127.0.0.1"] }),
    notBefore: new Date(Date.now() + fromDays * DAY_MS),
    notAfter: new Date(Date.now() + toDays * DAY_MS),
    ...options,
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** What a server speaks TLS with, that asks for certificates of the same CA. */
export function mutualMaterial(authority: Authority, options: PairOptions = {}): TlsMaterial {
  return { ...authority.pair(options), clientCa: authority.certificate };
}

/** What a client speaks TLS with. */
export function clientTls(authority: Authority, pair?: Pair): ClientTls {
  return { ca: authority.certificate, ...pair };
}
