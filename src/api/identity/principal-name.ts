import { LIMITS } from "#model";
import type { Principal } from "./principal.ts";

/** Names that the server gives itself, and the one that a record has for a machine's own word: no credential has them. */
const OWN_NAMES: ReadonlySet<string> = new Set(["local", "token", "anyone", "verbatim", "machine"]);

/** Blanks at the ends, marks that are not seen and characters that steer a terminal could make two names look like one. */
const UNSEEN = /^\s|\s$|[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The name of a principal that a credential brings; undefined if it is none. */
export function principalName(word: unknown): string | undefined {
  if (typeof word !== "string" || word.length === 0 || word.length > LIMITS.idCharacters) return undefined;
  if (UNSEEN.test(word) || OWN_NAMES.has(word.normalize("NFKC").trim().toLowerCase())) return undefined;
  return word;
}

/** A tenant's name. It has no dot: in an id, the tenant ends at the first one. */
export const TENANT_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Why a word is none of the tenants; undefined = it is one. */
export function refusedTenant(word: unknown, tenants: readonly string[]): string | undefined {
  if (typeof word === "string" && tenants.includes(word)) return undefined;
  return word === undefined ? "it names no tenant" : "its tenant is none of those that are configured";
}

/** By what one principal is told from all others: a name is one person's within a tenant, and no tenant's name has a blank. */
export function principalKey({ name, proven }: Principal): string {
  return `${proven?.tenant ?? ""} ${name}`;
}
