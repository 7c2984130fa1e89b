import type { Files } from "./fixture.ts";
import { configured } from "./fixture.ts";

/** Laws beside those of the base, which the base keeps as well. */
export const FURTHER_LAWS = {
  APART: { kind: "independent", among: ["policy", "hands"] },
  GUARDED: { kind: "protected", to: ["src/policy/admit.ts"], only: ["src/policy/index.ts"] },
  NODE: { kind: "builtins", modules: ["fs", "net"], only: ["src/hands/adapters"] },
  AIR: {
    kind: "globals",
    names: ["process.env", "Date.now", "setTimeout", "Math.random", "crypto.randomUUID"],
    only: ["main"],
  },
  PACKAGES: { kind: "packages", allow: { main: [] } },
  LIVING: { kind: "no-orphans", entries: ["main"] },
};

type Laws = Readonly<Record<string, object>>;

/** The base's configuration with other laws in place of all, or with changes to the further ones. */
export function withLaws(laws: Laws, further: Readonly<Record<string, unknown>> = {}): Files {
  return configured((config) => ({ ...config, ...further, laws }));
}
