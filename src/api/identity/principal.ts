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

/** What a caller's verified certificate says of him. Only a certificate that the client CA vouches for gets this far. */
export interface PeerCertificate {
  /** The whole subject, one attribute a line. */
  readonly subject: string;
  /** Undefined if the subject has none, or more than one. */
  readonly commonName: string | undefined;
  /** Alternative names of kind URI, in the order of the certificate. */
  readonly uriSans: readonly string[];
  /** Alternative names of kind DNS. */
  readonly dnsSans: readonly string[];
  /** SHA-256 of the certificate's bytes, 64 hex digits. */
  readonly fingerprint: string;
}

/** Says who calls. @throws {Fault} UNAUTHENTICATED if nobody knows. */
export type Authenticate = (
  authorization: string | undefined,
  certificate?: PeerCertificate,
) => Principal | Promise<Principal>;
