import { resourceKey } from "#model";
import type { Json, PlatformCapability } from "#model";

/** A capability as the server's configuration declares it. */
export interface DeclaredCapability {
  readonly name: string;
  /** Nothing may touch it at present; default false. */
  readonly frozen?: boolean;
}

/** Bounds of what the platform keeps. */
export const PLATFORM_BOUNDS = {
  valueBytes: 8 * 1024,
  configurationKeys: 1000,
  parametersPerCapability: 100,
  changesPerPage: 1000,
  nameOfChangerCharacters: 256,
} as const;

/** What stands at `capability/<name>`. */
export const CAPABILITY_STATES = ["enabled", "disabled"] as const satisfies readonly PlatformCapability["state"][];

/** Why a key cannot be written; undefined = it can. */
export function keyProblem(
  key: string,
  declared: ReadonlyMap<string, DeclaredCapability>,
  { maySayFrozen = false }: { readonly maySayFrozen?: boolean } = {},
): string | undefined {
  const named = resourceKey(key);
  if (named === undefined) {
    const expected = "capability/NAME, capability/NAME/parameters/PARAMETER or configuration/KEY";
    return `${JSON.stringify(key)} is no key of the platform; expected ${expected}`;
  }
  if (named.kind === "configuration") return undefined;
  const capability = declared.get(named.capability);
  if (capability === undefined)
    return `there is no capability "${named.capability}"; declare it under platform.capabilities in the configuration`;
  if (capability.frozen !== true || maySayFrozen) return undefined;
  return `the capability "${named.capability}" is frozen by the configuration: nothing may touch it`;
}

/** Why a value cannot stand at a key; undefined = it can. */
export function valueProblem(key: string, value: Json): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > PLATFORM_BOUNDS.valueBytes)
    return `the value has ${bytes} bytes as JSON; at most ${PLATFORM_BOUNDS.valueBytes} can be kept`;
  if (resourceKey(key)?.kind !== "capability" || CAPABILITY_STATES.some((state) => state === value)) return undefined;
  return `the value is ${JSON.stringify(value).slice(0, 100)}; a capability is "enabled" or "disabled"`;
}
