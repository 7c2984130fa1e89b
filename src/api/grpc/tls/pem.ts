import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text in their order; undefined if it has none, or one of them cannot be read. */
export function certificatesOf(pem: string): readonly [X509Certificate, ...X509Certificate[]] | undefined {
  try {
    const [first, ...more] = (pem.match(CERTIFICATE) ?? []).map((block) => new X509Certificate(block));
    return first && [first, ...more];
  } catch {
    return undefined;
  }
}

/** The private key of a PEM text; undefined if there is none that can be read without a passphrase. */
export function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
