/** The capability that stands for the platform itself. */
export const SYSTEM_CAPABILITY = "SYSTEM";

/** The scope of what is said about the health of the whole platform: no capability may have this name. */
export const SYSTEM_SCOPE = "system";

const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;

/** What a resource key names. */
export type ResourceKey =
  | { readonly kind: "capability"; readonly capability: string }
  | { readonly kind: "parameter"; readonly capability: string; readonly parameter: string }
  | { readonly kind: "configuration"; readonly name: string };

/** Whether a text can be the name of a capability: 1..64 of `a-z 0-9 _ . -`, a letter or digit first; or `SYSTEM`. */
export function isCapabilityName(text: string): boolean {
  return text === SYSTEM_CAPABILITY || (NAME.test(text) && text !== SYSTEM_SCOPE);
}

/**
 * What a text names as a key of the platform: `capability/<name>`, `capability/<name>/parameters/<parameter>` or
 * `configuration/<key>`; undefined if it is no such key.
 */
export function resourceKey(text: string): ResourceKey | undefined {
  const [first = "", second = "", third, fourth = "", ...more] = text.split("/");
  if (more.length > 0) return undefined;
  if (first === "configuration")
    return third === undefined && NAME.test(second) ? { kind: first, name: second } : undefined;
  if (first !== "capability" || !isCapabilityName(second)) return undefined;
  if (third === undefined) return { kind: first, capability: second };
  if (third !== "parameters" || !NAME.test(fourth)) return undefined;
  return { kind: "parameter", capability: second, parameter: fourth };
}
