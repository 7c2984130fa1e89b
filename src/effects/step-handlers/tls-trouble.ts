import { readFileSync } from "node:fs";
import { errorCode } from "./failure.ts";

/** What Node calls the ways in which a certificate does not hold. */
const CERTIFICATE =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

/** Whether an error, or what caused it, is that a certificate does not hold: another try finds the same one. */
export function isCertificateTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return CERTIFICATE.test(errorCode(error)) || isCertificateTrouble(error.cause);
}

/** The certificates that are trusted in place of the system's, or why they cannot be read. */
export function readAuthorities(path: string | undefined): { readonly ca?: string } | { readonly problem: string } {
  if (path === undefined) return {};
  try {
    return { ca: readFileSync(path, "utf8") };
  } catch (error) {
    return { problem: `the file ca_file of the configuration cannot be read (${errorCode(error)})` };
  }
}
