import { resolve } from "node:path";
import { openIdentities, principalName } from "#api";
import type { Identities, IdentityOptions, KeyPlace, TokenRules } from "#api";
import type { Violation } from "#model";
import { Fault } from "#model";
import type { IdentityConfiguration } from "./identity-configuration.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

/**
 * Opens the identities of a configuration; undefined if it has none.
 * @throws {Fault} INVALID_CONFIGURATION that lists every part of it that does not go with identities.
 */
export async function openConfiguredIdentities(
  configuration: LoadedConfiguration,
  { token, log }: { readonly token: string; readonly log: EventLog },
): Promise<Identities | undefined> {
  const { identity: said, base } = configuration;
  if (said === undefined) return undefined;
  requireFitting(configuration, said);
  const { limits, certificates, tenants, tokens, local_token: localToken } = said;
  const identity: IdentityOptions = {
    ...(tokens !== undefined && { tokens: tokenRules(tokens, base) }),
    certificates: certificates.map(({ common_name: commonName, uri, dns, tenant, principal, roles }) => ({
      principal,
      roles,
      ...(uri !== undefined && { uri }),
      ...(dns !== undefined && { dns }),
      ...(commonName !== undefined && { commonName }),
      ...(tenant !== undefined && { tenant }),
    })),
    tenants,
    localToken,
    bounds: {
      callsPerSecond: limits.calls_per_second,
      burst: limits.burst,
      callsInFlight: limits.calls_in_flight,
    },
  };
  const onProblem = (problem: string): void => log("identity.keys_failed", { problem });
  return await openIdentities({ identity, clock: systemClock, localToken: token, onProblem });
}

function tokenRules(tokens: NonNullable<IdentityConfiguration["tokens"]>, base: string): TokenRules {
  const { issuer, audience, algorithms, keys, role_names: roleNames } = tokens;
  return {
    issuer,
    audience,
    algorithms,
    keys: keyPlace(keys, base),
    clockToleranceSeconds: tokens.clock_tolerance_seconds,
    tokenBytes: tokens.token_bytes,
    rolesClaim: tokens.roles_claim,
    ...(roleNames !== undefined && { roleNames }),
    tenantClaim: tokens.tenant_claim,
  };
}

function keyPlace(keys: NonNullable<IdentityConfiguration["tokens"]>["keys"], base: string): KeyPlace {
  if ("file" in keys) return { file: resolve(base, keys.file) };
  return { url: keys.url, coolDownMs: keys.cool_down_seconds * 1000, timeoutMs: keys.timeout_seconds * 1000 };
}

/** What would let somebody in without a name, or would show a tenant what is another's, keeps the server from starting. */
function requireFitting(configuration: LoadedConfiguration, said: IdentityConfiguration): void {
  const violations: Violation[] = [];
  if (configuration.no_token)
    violations.push({
      field: "no_token",
      description: "is true beside identity: then whoever reaches the port is let in",
    });
  for (const [at, { principal }] of said.certificates.entries()) {
    if (principalName(principal) !== undefined) continue;
    const description = `is ${JSON.stringify(principal)}, which no credential may have: it stands for the server itself, or cannot be read`;
    violations.push({ field: `identity.certificates[${at}].principal`, description });
  }
  if (said.tenants.length > 0) violations.push(...uncovered(configuration));
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  throw new Fault("INVALID_CONFIGURATION", `The configuration of identities cannot be carried out:${list}`, {
    violations,
  });
}

/** Parts whose things are not kept apart by tenant. */
function uncovered(configuration: LoadedConfiguration): readonly Violation[] {
  const { platform, hooks, schedules, governance } = configuration;
  const description = "does not keep tenants apart yet: leave it away, or leave identity.tenants empty";
  return [
    ...(platform !== undefined ? [{ field: "platform", description }] : []),
    ...(hooks !== undefined ? [{ field: "hooks", description }] : []),
    ...(Object.keys(schedules).length > 0 ? [{ field: "schedules", description }] : []),
    ...(governance === "required" ? [{ field: "governance", description }] : []),
  ];
}
