import type { Role } from "./roles.ts";

/** Algorithms of signatures that a token may have. None with a shared secret: whoever checks such a token could make one. */
export const TOKEN_ALGORITHMS = ["ES256", "EdDSA", "RS256", "PS256"] as const;

/** One of {@link TOKEN_ALGORITHMS}. */
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** Where the public keys of an issuer come from. */
export type KeyPlace =
  | { readonly file: string }
  | {
      readonly url: string;
      /** Shortest time between two requests that an unknown key causes, milliseconds. */
      readonly coolDownMs: number;
      /** Longest time that one request may take, milliseconds. */
      readonly timeoutMs: number;
    };

/** Which tokens are believed, and what they say. */
export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly TokenAlgorithm[];
  readonly keys: KeyPlace;
  /** How far clocks may differ, seconds. */
  readonly clockToleranceSeconds: number;
  /** Longest token, bytes. */
  readonly tokenBytes: number;
  /** Claim with the roles: a name, or names with dots between them for what stands inside. */
  readonly rolesClaim: string;
  /** Roles by the words of the issuer; absent = the words are the roles' own names. */
  readonly roleNames?: Readonly<Record<string, Role>>;
  /** Claim with the tenant. */
  readonly tenantClaim: string;
}

/** Whom a certificate stands for. Exactly one of the three names has to be in it, letter by letter. */
export interface CertificateRule {
  readonly uri?: string;
  readonly dns?: string;
  readonly commonName?: string;
  readonly principal: string;
  readonly roles: readonly Role[];
  readonly tenant?: string;
}

/** Bounds on the calls of one principal. */
export interface PrincipalBounds {
  readonly callsPerSecond: number;
  /** Calls that may come at once after a pause. */
  readonly burst: number;
  readonly callsInFlight: number;
}

/** Who is known, and by what. */
export interface IdentityOptions {
  readonly tokens?: TokenRules;
  readonly certificates: readonly CertificateRule[];
  /** The tenants that there are; empty = everything belongs to everybody. */
  readonly tenants: readonly string[];
  /** Whether the server's own token is still taken over TCP, for whoever holds the machine. */
  readonly localToken: boolean;
  readonly bounds: PrincipalBounds;
}
