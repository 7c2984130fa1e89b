/** Oldest version of TLS that is spoken. */
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** Certificates and key in PEM, as they lie in files. */
export interface TlsMaterial {
  /** The server's certificate, then those that lead from it to a CA. */
  readonly certificate: string;
  readonly key: string;
  /** The CAs that clients' certificates have to be signed by. Absent = no client is asked for one. */
  readonly clientCa?: string;
}

/** How a server speaks TLS. */
export interface ServerTls {
  readonly material: TlsMaterial;
  /** `required`: nobody gets in without a certificate that a client CA has signed. */
  readonly clientCertificates: "required" | "none";
  /** Default TLSv1.3. */
  readonly minimumVersion?: TlsVersion;
  /** Told of every handshake that was refused: with whom, and why. */
  readonly onRefused?: (peer: string, why: string) => void;
}

/** How a client speaks TLS; PEM each. */
export interface ClientTls {
  /** The CAs that the server's certificate has to be signed by; absent = those that Node brings. */
  readonly ca?: string;
  /** The client's certificate, where the server asks for one, and its key. */
  readonly certificate?: string;
  readonly key?: string;
}
