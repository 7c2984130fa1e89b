import type { Json } from "#model";
import { canonicalJson, digest } from "../canonical-json.ts";
import { isBlobReference } from "../encode.ts";

/**
 * The digest of a value's canonical JSON. Undefined for what has none, such as a lone surrogate: a line may hold it if its owner
 * wrote it.
 */
export function valueDigest(value: Json): string | undefined {
  try {
    return digest(isInCanonicalOrder(value) ? JSON.stringify(value) : canonicalJson(value));
  } catch {
    return undefined;
  }
}

/** The same of a payload that may lie beside the log under its digest. */
export function payloadDigest(payload: Json): string | undefined {
  return isBlobReference(payload) ? payload.$blob : valueDigest(payload);
}

/** Whether plain serialisation gives the canonical text: members in order, and no text with lone surrogates. */
function isInCanonicalOrder(value: Json): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isInCanonicalOrder);
  let last: string | undefined;
  for (const [name, member] of Object.entries(value)) {
    if ((last !== undefined && name <= last) || !name.isWellFormed() || !isInCanonicalOrder(member)) return false;
    last = name;
  }
  return true;
}
