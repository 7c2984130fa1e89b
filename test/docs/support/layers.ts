import { textOf } from "./documents.ts";

type Target = string | { readonly layer: string; readonly as: "type" };

/** One layer of `layers.json`. */
export interface Layer {
  readonly name: string;
  readonly path: string;
  readonly mayImport: readonly Target[];
}

/** What `layers.json` says of layers and laws. */
export interface Layers {
  readonly layers: readonly Layer[];
  readonly laws: Readonly<Record<string, { readonly kind: string; readonly reason: string }>>;
}

/** Reads `layers.json`. */
export function readLayers(): Layers {
  return JSON.parse(textOf("layers.json")) as Layers; // our own file, checked by layer-lint
}

/** What a layer may import, in words. */
export function importsText({ mayImport }: Layer): string {
  if (mayImport.includes("*")) return "everything";
  if (mayImport.length === 0) return "nothing";
  return mayImport.map((target) => (typeof target === "string" ? target : `${target.layer} (types)`)).join(", ");
}

/**
 * The picture of the layers: one line for each level, the highest first, with the names of the layers on it. A layer stands
 * one level above the highest that it may import, so every import points down.
 */
export function levels({ layers }: Layers): readonly (readonly string[])[] {
  const height = new Map<string, number>();
  const heightOf = (layer: Layer): number => {
    const known = height.get(layer.name);
    if (known !== undefined) return known;
    const below = layers.filter((other) => other !== layer && isAllowed(layer, other));
    const own = 1 + Math.max(0, ...below.map(heightOf));
    height.set(layer.name, own);
    return own;
  };
  const highest = Math.max(...layers.map(heightOf));
  return Array.from({ length: highest }, (_, down) =>
    layers.filter((layer) => heightOf(layer) === highest - down).map(({ name }) => name),
  );
}

function isAllowed(layer: Layer, other: Layer): boolean {
  return layer.mayImport.some(
    (target) => target === "*" || (typeof target === "string" ? target : target.layer) === other.name,
  );
}
