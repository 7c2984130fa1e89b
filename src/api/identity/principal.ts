import type { Role } from "./roles.ts";

/** Who calls, as the listener has proven it. */
export interface Principal {
  /**
   * Where identities are configured: the name in the credential, or `local` for whoever holds the machine. Elsewhere `local` for a
   * unix socket, `token` for the bearer of the server's token, `anyone` where no token is asked for.
   */
  readonly name: string;
  /** What the credential has proven. Absent = the configuration has no identities: whoever was let in may do everything. */
  readonly proven?: Proven;
}

/** What a credential proves beside a name. */
export interface Proven {
  readonly roles: ReadonlySet<Role>;
  /** Whose things are his. Absent = those of everybody: there are no tenants, or he holds the machine. */
  readonly tenant?: string;
  /** Whether bounds on one principal's calls are his too; not for whoever holds the machine. */
  readonly bounded: boolean;
}

/** The certificate of a client, as the listener has verified it against the authorities that are configured. */
export interface PeerCertificate {
  /** Common name of the subject; empty if it has none. */
  readonly commonName: string;
  /** URIs of the subject's alternative names. */
  readonly uris: readonly string[];
  /** DNS names of the subject's alternative names. */
  readonly dnsNames: readonly string[];
  /** SHA-256 of the certificate, for people. */
  readonly fingerprint: string;
}

/** Says who calls. @throws {Fault} UNAUTHENTICATED if nobody knows. */
export type Authenticate = (
  authorization: string | undefined,
  certificate?: PeerCertificate,
) => Principal | Promise<Principal>;
