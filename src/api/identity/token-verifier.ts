import { errors, jwtVerify } from "jose";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { TokenRules } from "./identity-options.ts";
import type { Principal } from "./principal.ts";
import { principalName, refusedTenant } from "./principal-name.ts";
import type { Role } from "./roles.ts";
import { isRole } from "./roles.ts";

/** Most words that a claim of roles may have. */
const ROLE_WORDS = 256;

/** What tokens are verified with. */
export interface VerifierOptions {
  readonly rules: TokenRules;
  readonly tenants: readonly string[];
  readonly keys: JWTVerifyGetKey;
  readonly clock: Clock;
}

/** Says who a token stands for. */
export type VerifyToken = (token: string) => Promise<Principal>;

/**
 * Verifies JSON Web Tokens. What is believed is in the rules alone, and nothing in the token chooses it: the header's algorithm has to
 * be one that is allowed, and has to fit the key.
 */
export function tokenVerifier({ rules, tenants, keys, clock }: VerifierOptions): VerifyToken {
  const { issuer, audience, algorithms, clockToleranceSeconds, tokenBytes } = rules;
  return async (token) => {
    if (token.length > tokenBytes) throw notAccepted(`has ${token.length} bytes; at most ${tokenBytes} are read`);
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys, {
        algorithms: [...algorithms],
        issuer,
        audience,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(clock.now()),
        requiredClaims: ["sub", "exp"],
      }));
    } catch (error) {
      throw refusal(error);
    }
    const name = principalName(payload.sub);
    if (name === undefined) throw notAccepted("its sub is no name");
    const tenant = tenantOf(payload, rules, tenants);
    const proven = { roles: rolesOf(payload, rules), bounded: true, ...(tenant !== undefined && { tenant }) };
    return { name, proven };
  };
}

/** Words that are no role grant nothing. */
function rolesOf(payload: JWTPayload, { rolesClaim, roleNames }: TokenRules): ReadonlySet<Role> {
  const claim = claimOf(payload, rolesClaim);
  const words: readonly unknown[] = Array.isArray(claim) ? claim : typeof claim === "string" ? claim.split(" ") : [];
  const roles = new Set<Role>();
  for (const word of words.slice(0, ROLE_WORDS)) {
    if (typeof word !== "string") continue;
    const role = roleNames === undefined ? word : Object.hasOwn(roleNames, word) ? roleNames[word] : undefined;
    if (isRole(role)) roles.add(role);
  }
  return roles;
}

function tenantOf(payload: JWTPayload, { tenantClaim }: TokenRules, tenants: readonly string[]): string | undefined {
  if (tenants.length === 0) return undefined;
  const claim = claimOf(payload, tenantClaim);
  const refused = refusedTenant(claim, tenants);
  if (refused !== undefined) throw notAccepted(refused);
  return String(claim);
}

/** The claim of this name; else what stands at the names between its dots. */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part]; // an object by the line above
  }
  return value;
}

/** Callers are told of an end alone: of it the signature has been verified, and they can do something. The cause is for the log. */
function refusal(error: unknown): Fault {
  if (error instanceof errors.JWTExpired) {
    return new Fault("UNAUTHENTICATED", "The call brings a token that has expired; get a new one.", { cause: error });
  }
  return notAccepted(error instanceof Error ? error.message : String(error), error);
}

function notAccepted(why: string, cause?: unknown): Fault {
  const text = "The call brings a token that is not accepted here.";
  return new Fault("UNAUTHENTICATED", text, { cause: cause ?? new Error(why) });
}
