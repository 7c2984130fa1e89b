import { certificatesOf } from "./pem.ts";
import type { TlsMaterial } from "./tls-material.ts";

/** When a certificate ends. */
export interface CertificateEnd {
  /** The member of the configuration whose file it is in. */
  readonly field: "tls.certificate" | "tls.client_ca";
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly endsMs: number;
}

/** When each certificate ends that a server speaks TLS with. */
export function certificateEnds({ certificate, clientCa = "" }: TlsMaterial): readonly CertificateEnd[] {
  const ends = (field: CertificateEnd["field"], pem: string): CertificateEnd[] =>
    (certificatesOf(pem) ?? []).map(({ subject, validToDate }) => ({
      field,
      subject: subject.replaceAll("\n", ", "),
      endsMs: validToDate.getTime(),
    }));
  return [...ends("tls.certificate", certificate), ...ends("tls.client_ca", clientCa)];
}
