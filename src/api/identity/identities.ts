import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "#model";
import { Fault, LIMITS } from "#model";
import { certificatePrincipal } from "./certificate-identity.ts";
import type { IdentityOptions } from "./identity-options.ts";
import type { Authenticate, Principal } from "./principal.ts";
import { ROLES } from "./roles.ts";
import type { VerifyToken } from "./token-verifier.ts";

/** What identities are opened with. */
export interface OpenIdentitiesOptions {
  readonly identity: IdentityOptions;
  readonly clock: Clock;
  /** The server's own token. */
  readonly localToken?: string;
  /** Told why the keys of the issuer cannot be had. */
  readonly onProblem: (problem: string) => void;
}

/** Whoever holds the machine: every role, everybody's things, and a name of his own that no credential can have. */
const LOCAL: Principal = { name: "local", proven: { roles: new Set(ROLES), bounded: false } };

/** Who calls, by configured identities. */
export interface Identities {
  readonly options: IdentityOptions;
  /** Over a unix socket that only the machine's holder can open. */
  readonly local: Principal;
  /** Over TCP. */
  readonly authenticate: Authenticate;
}

/** Opens the identities of a configuration. @throws {Fault} INVALID_CONFIGURATION if the keys are in a file that is not good. */
export async function openIdentities(options: OpenIdentitiesOptions): Promise<Identities> {
  const { identity, clock, onProblem } = options;
  let verify: VerifyToken | undefined;
  if (identity.tokens !== undefined) {
    // takes long to load: only where there are tokens
    const [{ tokenVerifier }, { openKeySet }] = await Promise.all([
      import("./token-verifier.ts"),
      import("./key-set.ts"),
    ]);
    const keys = await openKeySet(identity.tokens.keys, { clock, onProblem });
    verify = tokenVerifier({ rules: identity.tokens, tenants: identity.tenants, keys, clock });
  }
  const expected = identity.localToken && options.localToken !== undefined ? sha256(options.localToken) : undefined;

  let underWay = 0; // a server of keys that does not answer leaves every call waiting

  const authenticate: Authenticate = (authorization, certificate) => {
    const known = certificate && certificatePrincipal(certificate, identity.certificates);
    if (authorization === undefined) {
      if (known !== undefined) return known;
      throw new Fault(
        "UNAUTHENTICATED",
        "The call brings nothing that says who makes it; send authorization: Bearer <token>.",
      );
    }
    const token = bearer(authorization);
    if (expected !== undefined && timingSafeEqual(sha256(token), expected)) return LOCAL;
    if (verify === undefined) throw new Fault("UNAUTHENTICATED", "The call brings a token that is not accepted here.");
    if (underWay >= LIMITS.calls) {
      const text = `${LIMITS.calls} tokens are being looked at, which is the limit; try again later.`;
      throw new Fault("LIMIT_EXCEEDED", text, { retryAfterMs: 1000 });
    }
    underWay += 1;
    return verify(token)
      .finally(() => (underWay -= 1))
      .then((principal) => onePrincipal(principal, known));
  };
  return { options: identity, local: LOCAL, authenticate };
}

/** Of two credentials that name two people none is believed: nobody could say afterwards who it was. */
function onePrincipal(principal: Principal, known: Principal | undefined): Principal {
  if (known === undefined || (known.name === principal.name && known.proven?.tenant === principal.proven?.tenant))
    return principal;
  const cause = new Error(`the certificate says ${known.name}, the token ${principal.name}`);
  throw new Fault("UNAUTHENTICATED", "The certificate and the token of the call name two principals.", { cause });
}

function bearer(authorization: string): string {
  const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new Fault("UNAUTHENTICATED", "The call brings no bearer token; send authorization: Bearer <token>.");
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
