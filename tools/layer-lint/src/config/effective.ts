import type { Config } from "./read-config.ts";
import type { JsonPath } from "./json-places.ts";
import { shown } from "./complaints.ts";

/** One value of a configuration as it takes effect. */
export interface EffectiveValue {
  /** As in `layers[0].face`. */
  readonly key: string;
  readonly value: unknown;
  /** `layers.json:7`, or `default`. */
  readonly from: string;
}

/** What is in force where a layer says nothing. */
const LAYER_DEFAULTS = { optional: false, machine: false, face: "index.ts" };

/** Every value of the configuration, in its order, with globs expanded and with what is in force where it says nothing. */
export function effectiveValues({ file, entries, laws, places }: Config): EffectiveValue[] {
  const written = (value: unknown, path: JsonPath): EffectiveValue[] => {
    if (value === undefined) return [];
    if (isLeaf(value)) return [{ key: shown(path), value, from: `${file}:${places.at(path).line}` }];
    return Object.entries(value).flatMap(([key, inner]) =>
      written(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    );
  };
  const filled = (value: object, path: JsonPath, defaults: Readonly<Record<string, unknown>>): EffectiveValue[] => [
    ...written(value, path),
    ...Object.entries(defaults)
      .filter(([key]) => !(key in value))
      .map(([key, inner]) => ({ key: shown([...path, key]), value: inner, from: "default" })),
  ];
  const { layers, laws: lawEntries = {}, ...top } = entries;
  return [
    ...filled(top, [], { unassigned: "refuse" }),
    ...layers.flatMap((layer, index) => filled(layer, ["layers", index], LAYER_DEFAULTS)),
    ...laws.flatMap(({ id, why, help, strict, defaults }) =>
      filled(lawEntries[id] ?? {}, ["laws", id], { reason: why, help, strict, ...defaults }),
    ),
  ];
}

/** Whether a value is shown on one line: it is no object, or a list without objects. */
function isLeaf(value: unknown): value is string | number | boolean | null | readonly unknown[] {
  if (typeof value !== "object" || value === null) return true;
  return Array.isArray(value) && value.every((each) => typeof each !== "object");
}
